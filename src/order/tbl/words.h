/* words.h - how an order came, and how it is paid.
 *
 * ORDER_VIA(NAME, "word", letter of its pick-up number)
 * ORDER_PAY(NAME, "word", paid online before it is made: 1 or 0) */
#ifndef ORDER_VIA
#define ORDER_VIA(name, word, letter)
#endif
#ifndef ORDER_PAY
#define ORDER_PAY(name, word, online)
#endif

ORDER_VIA(KIOSK, "kiosk", "K")
ORDER_VIA(API, "api", "A")
ORDER_VIA(WEB, "web", "A")

ORDER_PAY(COUNTER, "counter", 0)
ORDER_PAY(QRIS, "qris", 1)
ORDER_PAY(GOPAY, "gopay", 1)

#undef ORDER_VIA
#undef ORDER_PAY
