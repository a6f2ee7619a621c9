/* notices.h - who is told of what, how loudly, and in which words.
 *
 * NOTICE(TOPIC, "status" in the payload or "" for any, AUDIENCE, "EVENT", LEVEL, en, id, ko, pl)
 * AUDIENCE: STAFF and COURIERS hear by their shop, PERSON by his account. LEVEL: an ALERT must be seen (it stands in
 * the inbox, and it is noted which device was sent it), INFO stands in the inbox, QUIET only keeps screens right. */

/* The shop's people. */
NOTICE(ORDER_PLACED, "received", STAFF, "SUBMIT_ORDER", ALERT, "A new order has come in.", "Ada pesanan baru.", "주문이 들어왔습니다.", "Wpłynęło nowe zamówienie.")
NOTICE(ORDER_PAID, "", STAFF, "SUBMIT_ORDER", ALERT, "A new order has come in.", "Ada pesanan baru.", "주문이 들어왔습니다.", "Wpłynęło nowe zamówienie.")
NOTICE(NOTIFY_RING, "", STAFF, "RING", QUIET, "An order is still waiting to be accepted.", "Ada pesanan yang masih menunggu persetujuan.", "아직 승인되지 않은 주문이 있습니다.", "Zamówienie wciąż czeka na przyjęcie.")
NOTICE(ORDER_ACCEPTED, "", STAFF, "ORDER_STATUS", QUIET, "", "", "", "")
NOTICE(ORDER_REJECTED, "", STAFF, "ORDER_STATUS", QUIET, "", "", "", "")
NOTICE(ORDER_CANCELLED, "", STAFF, "ORDER_STATUS", QUIET, "", "", "", "")
NOTICE(ORDER_ETA_CHANGED, "", STAFF, "ORDER_STATUS", QUIET, "", "", "", "")
NOTICE(DELIVERY_MOVED, "", STAFF, "ORDER_STATUS", QUIET, "", "", "", "")
NOTICE(ORDER_CANCEL_REQUESTED, "accepted", STAFF, "CANCEL_REQUESTED", INFO, "A customer wants to cancel an order.", "Seorang pelanggan ingin membatalkan pesanan.", "고객이 주문 취소를 요청했습니다.", "Klient prosi o anulowanie zamówienia.")
NOTICE(PAYMENT_ATTENTION, "", STAFF, "PAYMENT_ATTENTION", ALERT, "A payment needs somebody to look at it.", "Ada pembayaran yang perlu diperiksa.", "확인이 필요한 결제가 있습니다.", "Płatność wymaga sprawdzenia.")
NOTICE(KIOSK_VEND_OVERDUE, "", STAFF, "VEND_OVERDUE", ALERT, "A machine has not given out a paid order.", "Mesin belum mengeluarkan pesanan yang sudah dibayar.", "결제된 주문이 아직 나오지 않았습니다.", "Automat nie wydał opłaconego zamówienia.")
NOTICE(MENU_CHANGED, "", STAFF, "MENU_CHANGED", QUIET, "", "", "", "")
NOTICE(SHOP_CHANGED, "", STAFF, "SHOP_CHANGED", QUIET, "", "", "", "")

/* Couriers: what is ready to be brought, and what became of it. */
NOTICE(DELIVERY_MOVED, "ready", COURIERS, "ORDER_STATUS", ALERT, "An order is ready to be brought.", "Pesanan siap diantar.", "배송할 주문이 준비되었습니다.", "Zamówienie jest gotowe do odbioru przez kuriera.")
NOTICE(DELIVERY_MOVED, "delivering", COURIERS, "ORDER_STATUS", QUIET, "", "", "", "")
NOTICE(DELIVERY_MOVED, "delivered", COURIERS, "ORDER_STATUS", QUIET, "", "", "", "")
NOTICE(DELIVERY_MOVED, "failed", COURIERS, "ORDER_STATUS", QUIET, "", "", "", "")
NOTICE(DELIVERY_MOVED, "cancelled", COURIERS, "ORDER_STATUS", QUIET, "", "", "", "")

/* The customer. What he hears of twice, by two services, is loud once: that delivery let it go is followed by
 * order.cancelled, which knows why; that a payment was paid, by order.paid; that it failed, by order.cancelled. */
NOTICE(ORDER_PLACED, "", PERSON, "ORDER_PLACED", QUIET, "", "", "", "")
NOTICE(ORDER_PAID, "", PERSON, "ORDER_PAID", INFO, "Your payment has arrived.", "Pembayaran Anda sudah diterima.", "결제가 완료되었습니다.", "Otrzymaliśmy Twoją płatność.")
NOTICE(ORDER_ACCEPTED, "", PERSON, "APPROVAL_ORDER", ALERT, "Your order has been accepted.", "Pesanan Anda disetujui.", "주문이 승인되었습니다.", "Twoje zamówienie zostało przyjęte.")
NOTICE(ORDER_ETA_CHANGED, "", PERSON, "ORDER_STATUS", QUIET, "", "", "", "")
NOTICE(ORDER_REJECTED, "", PERSON, "ORDER_STATUS", INFO, "The shop could not take your order.", "Kedai tidak dapat menerima pesanan Anda.", "주문이 거절되었습니다.", "Lokal nie mógł przyjąć Twojego zamówienia.")
NOTICE(ORDER_CANCELLED, "", PERSON, "ORDER_STATUS", INFO, "Your order has been cancelled.", "Pesanan Anda dibatalkan.", "주문이 취소되었습니다.", "Twoje zamówienie zostało anulowane.")
NOTICE(DELIVERY_MOVED, "preparing", PERSON, "ORDER_STATUS", INFO, "Your order is being made.", "Pesanan Anda sedang dibuat.", "주문하신 음료를 만들고 있습니다.", "Twoje zamówienie jest przygotowywane.")
NOTICE(DELIVERY_MOVED, "ready", PERSON, "ORDER_STATUS", ALERT, "Your order is ready.", "Pesanan Anda sudah siap.", "주문하신 음료가 준비되었습니다.", "Twoje zamówienie jest gotowe.")
NOTICE(DELIVERY_MOVED, "delivering", PERSON, "ORDER_STATUS", INFO, "Your order is on its way.", "Pesanan Anda sedang diantar.", "주문하신 음료를 배송하고 있습니다.", "Twoje zamówienie jest w drodze.")
NOTICE(DELIVERY_MOVED, "delivered", PERSON, "ORDER_STATUS", INFO, "Your order has been delivered.", "Pesanan Anda sudah sampai.", "주문하신 음료가 배송되었습니다.", "Twoje zamówienie zostało dostarczone.")
NOTICE(DELIVERY_MOVED, "failed", PERSON, "ORDER_STATUS", INFO, "Your order could not be delivered.", "Pesanan Anda gagal diantar.", "주문을 완료하지 못했습니다.", "Nie udało się zrealizować Twojego zamówienia.")
NOTICE(DELIVERY_MOVED, "cancelled", PERSON, "ORDER_STATUS", QUIET, "", "", "", "")
NOTICE(DELIVERY_CANCEL_REFUSED, "", PERSON, "CANCEL_REFUSED", INFO, "Your order can no longer be cancelled.", "Pesanan Anda tidak dapat dibatalkan lagi.", "주문을 더 이상 취소할 수 없습니다.", "Twojego zamówienia nie można już anulować.")
NOTICE(PAYMENT_OPENED, "", PERSON, "PAYMENT", QUIET, "", "", "", "")
NOTICE(PAYMENT_PAID, "", PERSON, "PAYMENT", QUIET, "", "", "", "")
NOTICE(PAYMENT_FAILED, "", PERSON, "PAYMENT", QUIET, "", "", "", "")
NOTICE(PAYMENT_REFUND_STARTED, "", PERSON, "PAYMENT", INFO, "Your money is on its way back.", "Uang Anda sedang dikembalikan.", "환불이 진행 중입니다.", "Twoje pieniądze są w drodze powrotnej.")
NOTICE(PAYMENT_REFUNDED, "", PERSON, "PAYMENT", INFO, "Your money has been given back.", "Uang Anda sudah dikembalikan.", "환불이 완료되었습니다.", "Twoje pieniądze zostały zwrócone.")

/* Everybody, on all his devices. */
NOTICE(NOTIFY_SEEN, "", PERSON, "SEEN", QUIET, "", "", "", "")
NOTICE(NOTIFY_ACKNOWLEDGED, "", PERSON, "ACKNOWLEDGED", QUIET, "", "", "", "")
