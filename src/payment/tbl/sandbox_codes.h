/* sandbox_codes.h - the status_code that goes with a transaction's state (MIDTRANS.md B5).
 * CODE(STATUS, asked for, in a notification) */
CODE(PENDING, "201", "201")
CODE(SETTLEMENT, "200", "200")
CODE(EXPIRE, "407", "202")
CODE(CANCEL, "200", "202")
CODE(DENY, "202", "202")
CODE(REFUND, "200", "200")
CODE(PARTIAL_REFUND, "200", "200")
