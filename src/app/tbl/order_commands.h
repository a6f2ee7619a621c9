/* order_commands.h - what the staff of a shop may say in an order's thread to have it done.
 *
 * ORDER_COMMAND(NAME, word, other word or "", service that does it, number, text, how it is written: en, id, ko, pl)
 * number and text behind the word: NO, MAY, MUST. */
ORDER_COMMAND(ACCEPT, "accept", "", "order", MAY, NO, "/accept [minutes]: we will make it", "/accept [menit]: pesanan diterima", "/accept [분]: 주문 승인", "/accept [minuty]: przyjmujemy zamówienie")
ORDER_COMMAND(DECLINE, "decline", "reject", "order", NO, MUST, "/decline reason: we cannot make it", "/decline alasan: pesanan ditolak", "/decline 사유: 주문 거절", "/decline powód: odmawiamy")
ORDER_COMMAND(ETA, "eta", "", "order", MUST, NO, "/eta minutes: when it will be there; a new order is accepted by it", "/eta menit: kapan siap; pesanan baru ikut diterima", "/eta 분: 예상 시간 안내, 새 주문은 함께 승인", "/eta minuty: kiedy będzie; nowe zamówienie zostaje przyjęte")
ORDER_COMMAND(PREPARING, "preparing", "", "delivery", NO, MAY, "/preparing [note]: it is being made", "/preparing [catatan]: sedang dibuat", "/preparing [메모]: 제작 중", "/preparing [uwaga]: jest przygotowywane")
ORDER_COMMAND(READY, "ready", "", "delivery", NO, MAY, "/ready [note]: it can be fetched or brought", "/ready [catatan]: siap diambil atau diantar", "/ready [메모]: 준비 완료", "/ready [uwaga]: gotowe")
ORDER_COMMAND(DELIVERING, "delivering", "", "delivery", NO, MAY, "/delivering [note]: it is on its way", "/delivering [catatan]: sedang diantar", "/delivering [메모]: 배송 중", "/delivering [uwaga]: jest w drodze")
ORDER_COMMAND(DELIVERED, "delivered", "", "delivery", NO, MAY, "/delivered [note]: the customer has it", "/delivered [catatan]: sudah diterima pelanggan", "/delivered [메모]: 배송 완료", "/delivered [uwaga]: dostarczone")
ORDER_COMMAND(FAILED, "failed", "", "delivery", NO, MAY, "/failed [note]: it could not be made or brought", "/failed [catatan]: gagal dibuat atau diantar", "/failed [메모]: 배송 실패", "/failed [uwaga]: nie udało się")
ORDER_COMMAND(REFUND, "refund", "", "payment", MAY, MAY, "/refund [amount] [reason]: give money back, all of it without an amount", "/refund [jumlah] [alasan]: kembalikan uang, tanpa jumlah: semuanya", "/refund [금액] [사유]: 환불, 금액이 없으면 전액", "/refund [kwota] [powód]: zwrot pieniędzy, bez kwoty: całość")
