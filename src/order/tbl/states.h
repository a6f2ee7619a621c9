/* states.h - the life of an order: its words, and every move it may make.
 *
 * ORDER_STATE(NAME, English word, Korean word or "", meaning)
 * ORDER_MOVE(FROM, TO, who makes it: ORDER or DELIVERY, when) */
#ifndef ORDER_STATE
#define ORDER_STATE(name, word, korean, meaning)
#endif
#ifndef ORDER_MOVE
#define ORDER_MOVE(from, to, mover, when)
#endif

ORDER_STATE(UNPAID, "unpaid", "", "waits for its online payment")
ORDER_STATE(RECEIVED, "received", "접수완료", "paid, or to be paid at the counter; the shop has not looked yet")
ORDER_STATE(ACCEPTED, "accepted", "", "the shop will make it")
ORDER_STATE(PREPARING, "preparing", "제작중", "is being made")
ORDER_STATE(READY, "ready", "", "waits to be fetched or brought")
ORDER_STATE(DELIVERING, "delivering", "", "is on its way")
ORDER_STATE(DELIVERED, "delivered", "배송완료", "the customer has it")
ORDER_STATE(CANCELLED, "cancelled", "취소", "given up before it was accepted")
ORDER_STATE(REJECTED, "rejected", "", "the shop will not make it")
ORDER_STATE(FAILED, "failed", "", "was accepted, and could not be made or brought")

ORDER_MOVE(UNPAID, RECEIVED, ORDER, "its payment was paid")
ORDER_MOVE(UNPAID, CANCELLED, ORDER, "its payment failed, ran out, or was given up")
ORDER_MOVE(RECEIVED, ACCEPTED, ORDER, "the shop accepts, or a vending kiosk does by itself")
ORDER_MOVE(RECEIVED, REJECTED, ORDER, "the shop refuses")
ORDER_MOVE(RECEIVED, CANCELLED, ORDER, "the customer changes his mind in time")
ORDER_MOVE(ACCEPTED, PREPARING, DELIVERY, "somebody begins")
ORDER_MOVE(PREPARING, READY, DELIVERY, "it is made")
ORDER_MOVE(READY, DELIVERING, DELIVERY, "a courier has it")
ORDER_MOVE(READY, DELIVERED, DELIVERY, "the customer fetched it")
ORDER_MOVE(DELIVERING, DELIVERED, DELIVERY, "the courier handed it over")
ORDER_MOVE(ACCEPTED, FAILED, DELIVERY, "it cannot be made")
ORDER_MOVE(PREPARING, FAILED, DELIVERY, "it could not be finished")
ORDER_MOVE(READY, FAILED, DELIVERY, "nobody came for it")
ORDER_MOVE(DELIVERING, FAILED, DELIVERY, "it did not arrive")

#undef ORDER_STATE
#undef ORDER_MOVE
