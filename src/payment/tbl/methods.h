/* methods.h - what the sandbox answers to a charge of each payment type (MIDTRANS.md B4).
 * METHOD(NAME, "payment_type", default expiry in minutes, refundable, "status_message") */
METHOD(QRIS, "qris", 15, true, "QRIS transaction is created")
METHOD(GOPAY, "gopay", 15, true, "GO-PAY transaction is created")
METHOD(BANK_TRANSFER, "bank_transfer", 1440, false, "Success, Bank Transfer transaction is created")
METHOD(ECHANNEL, "echannel", 1440, false, "OK, Mandiri Bill transaction is successful")
METHOD(CSTORE, "cstore", 1440, false, "Success, cstore transaction is successful")
