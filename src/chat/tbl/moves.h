/* moves.h - what becomes of an order, as its thread says it: MOVE(TOPIC, "status" in the payload or "" for any, "word",
 * DETAIL, en, id, ko, pl). The word is for pages, which may say it their own way. DETAIL, behind the sentence: NONE;
 * ETA, in how many minutes; NOTE, REASON in somebody's words; MONEY, how much. */
MOVE(ORDER_PAID, "", "paid", NONE, "The payment has arrived.", "Pembayaran sudah diterima.", "결제가 완료되었습니다.", "Płatność dotarła.")
MOVE(ORDER_ACCEPTED, "", "accepted", ETA, "The shop has accepted the order.", "Kedai menerima pesanan.", "주문이 승인되었습니다.", "Lokal przyjął zamówienie.")
MOVE(ORDER_ETA_CHANGED, "", "eta", ETA, "The shop says when it will be there.", "Kedai memberi tahu kapan siap.", "예상 시간이 바뀌었습니다.", "Lokal podał nowy czas.")
MOVE(ORDER_REJECTED, "", "rejected", REASON, "The shop could not take the order.", "Kedai tidak dapat menerima pesanan.", "주문이 거절되었습니다.", "Lokal nie mógł przyjąć zamówienia.")
MOVE(ORDER_CANCEL_REQUESTED, "accepted", "cancel-requested", NONE, "The customer wishes to cancel the order.", "Pelanggan ingin membatalkan pesanan.", "고객이 주문 취소를 요청했습니다.", "Klient prosi o anulowanie zamówienia.")
MOVE(ORDER_CANCELLED, "", "cancelled", NONE, "The order has been cancelled.", "Pesanan dibatalkan.", "주문이 취소되었습니다.", "Zamówienie zostało anulowane.")
MOVE(DELIVERY_CANCEL_REFUSED, "", "cancel-refused", NONE, "The order can no longer be cancelled.", "Pesanan tidak dapat dibatalkan lagi.", "주문을 더 이상 취소할 수 없습니다.", "Zamówienia nie można już anulować.")
MOVE(DELIVERY_MOVED, "preparing", "preparing", NOTE, "The order is being made.", "Pesanan sedang dibuat.", "주문을 만들고 있습니다.", "Zamówienie jest przygotowywane.")
MOVE(DELIVERY_MOVED, "ready", "ready", NOTE, "The order is ready.", "Pesanan sudah siap.", "주문이 준비되었습니다.", "Zamówienie jest gotowe.")
MOVE(DELIVERY_MOVED, "delivering", "delivering", NOTE, "The order is on its way.", "Pesanan sedang diantar.", "주문을 배송하고 있습니다.", "Zamówienie jest w drodze.")
MOVE(DELIVERY_MOVED, "delivered", "delivered", NOTE, "The order has been delivered.", "Pesanan sudah sampai.", "주문이 배송되었습니다.", "Zamówienie zostało dostarczone.")
MOVE(DELIVERY_MOVED, "failed", "failed", NOTE, "The order could not be delivered.", "Pesanan gagal diantar.", "주문을 완료하지 못했습니다.", "Nie udało się zrealizować zamówienia.")
MOVE(PAYMENT_REFUND_STARTED, "", "refund-started", MONEY, "Money is on its way back.", "Uang sedang dikembalikan.", "환불이 진행 중입니다.", "Pieniądze są w drodze powrotnej.")
MOVE(PAYMENT_REFUNDED, "", "refunded", MONEY, "Money has been given back.", "Uang sudah dikembalikan.", "환불이 완료되었습니다.", "Pieniądze zostały zwrócone.")
