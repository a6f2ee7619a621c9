/* ledger_kinds.h - what a line of a payment's ledger says. LEDGER(NAME, "word", sign, "meaning")
 * sign: what it does to the money of the payer that we hold. */
LEDGER(CHARGE, "charge", 0, "the payer was asked for it")
LEDGER(PAID, "paid", 1, "the gateway took it from the payer")
LEDGER(REFUND, "refund", -1, "the gateway gives it back")
LEDGER(CREDIT, "credit", -1, "it is owed to the payer, outside of the gateway")
LEDGER(REVERSAL, "reversal", -1, "the gateway took it from us again")
