/* statuses.h - Midtrans' words for a transaction and what they mean to us (MIDTRANS.md B5).
 * STATUS(NAME, "word", meaning): OPEN may still be paid; PAID (a capture: only when its fraud_status is accept);
 * DENIED, EXPIRED, CANCELLED, FAILED are unpaid ends; RETURNED money went back by a refund; DISPUTED by the bank. */
STATUS(PENDING, "pending", OPEN)
STATUS(AUTHORIZE, "authorize", OPEN)
STATUS(CAPTURE, "capture", PAID)
STATUS(SETTLEMENT, "settlement", PAID)
STATUS(DENY, "deny", DENIED)
STATUS(EXPIRE, "expire", EXPIRED)
STATUS(CANCEL, "cancel", CANCELLED)
STATUS(FAILURE, "failure", FAILED)
STATUS(REFUND, "refund", RETURNED)
STATUS(PARTIAL_REFUND, "partial_refund", RETURNED)
STATUS(CHARGEBACK, "chargeback", DISPUTED)
STATUS(PARTIAL_CHARGEBACK, "partial_chargeback", DISPUTED)
