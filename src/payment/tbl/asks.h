/* asks.h - what the gateway is asked next about a payment. ASK(NAME, "word") */
ASK(NOTHING, "nothing")
ASK(CHARGE, "charge")
ASK(STATUS, "status")
ASK(CANCEL, "cancel")
ASK(EXPIRE, "expire")
ASK(REFUND, "refund")
