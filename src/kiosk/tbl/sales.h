/* sales.h - how far an order of a kiosk has come, as the machine sees it.
 *
 * SALE_STATE(NAME, word in the database, meaning)
 * SALE_MOVE(FROM, TO, when) */
#ifndef SALE_STATE
#define SALE_STATE(name, word, meaning)
#endif
#ifndef SALE_MOVE
#define SALE_MOVE(from, to, when)
#endif

SALE_STATE(OPEN, "open", "waits for its payment")
SALE_STATE(CLOSED, "closed", "was not paid")
SALE_STATE(PAID, "paid", "waits for the machine's word")
SALE_STATE(OVERDUE, "overdue", "still waits, and the shop was told")
SALE_STATE(VENDED, "vended", "the machine gave it out")
SALE_STATE(VEND_FAILED, "vend-failed", "the machine could not give it out")

SALE_MOVE(OPEN, CLOSED, "its payment failed")
SALE_MOVE(OPEN, PAID, "its payment was paid")
SALE_MOVE(PAID, OVERDUE, "no word within a minute")
SALE_MOVE(PAID, VENDED, "the machine's word")
SALE_MOVE(PAID, VEND_FAILED, "the machine's word")
SALE_MOVE(OVERDUE, VENDED, "the machine's word, late")
SALE_MOVE(OVERDUE, VEND_FAILED, "the machine's word, late")

#undef SALE_STATE
#undef SALE_MOVE
