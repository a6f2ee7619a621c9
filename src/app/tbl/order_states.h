/* order_states.h - the life of an order: its words, and every move it may make.
 *
 * ORDER_STATE(NAME, word, Korean word of the routes or "", labels for people: en, id, ko, pl, meaning)
 * ORDER_MOVE(FROM, TO, who makes it: ORDER or DELIVERY, when) */
#ifndef ORDER_STATE
#define ORDER_STATE(name, word, korean, en, id, ko, pl, meaning)
#endif
#ifndef ORDER_MOVE
#define ORDER_MOVE(from, to, mover, when)
#endif

ORDER_STATE(UNPAID, "unpaid", "", "Waiting for payment", "Menunggu pembayaran", "결제대기", "Czeka na płatność", "waits for its online payment")
ORDER_STATE(RECEIVED, "received", "접수완료", "Received", "Diterima", "접수완료", "Przyjęte do systemu", "paid, or to be paid at the counter; the shop has not looked yet")
ORDER_STATE(ACCEPTED, "accepted", "", "Accepted", "Disetujui", "주문승인", "Zaakceptowane", "the shop will make it")
ORDER_STATE(PREPARING, "preparing", "제작중", "Being made", "Sedang dibuat", "제작중", "W przygotowaniu", "is being made")
ORDER_STATE(READY, "ready", "", "Ready", "Siap", "준비완료", "Gotowe", "waits to be fetched or brought")
ORDER_STATE(DELIVERING, "delivering", "", "On its way", "Sedang diantar", "배송중", "W drodze", "is on its way")
ORDER_STATE(DELIVERED, "delivered", "배송완료", "Delivered", "Selesai", "배송완료", "Dostarczone", "the customer has it")
ORDER_STATE(CANCELLED, "cancelled", "취소", "Cancelled", "Dibatalkan", "취소", "Anulowane", "given up before it was made")
ORDER_STATE(REJECTED, "rejected", "", "Declined by the shop", "Ditolak kedai", "주문거절", "Odrzucone przez lokal", "the shop will not make it")
ORDER_STATE(FAILED, "failed", "", "Could not be delivered", "Gagal", "배송실패", "Nie udało się dostarczyć", "was accepted, and could not be made or brought")

ORDER_MOVE(UNPAID, RECEIVED, ORDER, "its payment was paid")
ORDER_MOVE(UNPAID, CANCELLED, ORDER, "its payment failed, ran out, or was given up")
ORDER_MOVE(RECEIVED, ACCEPTED, ORDER, "the shop accepts, or a vending kiosk does by itself")
ORDER_MOVE(RECEIVED, REJECTED, ORDER, "the shop refuses")
ORDER_MOVE(RECEIVED, CANCELLED, ORDER, "the customer changes his mind, or nobody accepted in time")
ORDER_MOVE(ACCEPTED, CANCELLED, DELIVERY, "the customer asked before anybody had begun")
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
