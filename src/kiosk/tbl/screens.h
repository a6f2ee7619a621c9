/* screens.h - what a kiosk may show, and every way from one screen to the next.
 *
 * KIOSK_STATE(NAME, meaning); the name is the word in frames and in the database
 * KIOSK_MOVE(FROM, TO, when) */
#ifndef KIOSK_STATE
#define KIOSK_STATE(name, meaning)
#endif
#ifndef KIOSK_MOVE
#define KIOSK_MOVE(from, to, when)
#endif

KIOSK_STATE(IDLE, "waits for a customer")
KIOSK_STATE(MENU_CLICKED, "an order is written, its payment is being opened")
KIOSK_STATE(ORDER_CREATED, "shows what to pay, and the QR code")
KIOSK_STATE(PAYMENT_SUCCESS, "paid; the machine gives out what was bought")
KIOSK_STATE(PAYMENT_FAILED, "not paid, or given back")

KIOSK_MOVE(IDLE, MENU_CLICKED, "a customer orders")
KIOSK_MOVE(PAYMENT_SUCCESS, MENU_CLICKED, "the next customer is quick")
KIOSK_MOVE(PAYMENT_FAILED, MENU_CLICKED, "the customer tries again")
KIOSK_MOVE(MENU_CLICKED, ORDER_CREATED, "the payment is open")
KIOSK_MOVE(MENU_CLICKED, PAYMENT_SUCCESS, "it was paid before it could be shown or cancelled")
KIOSK_MOVE(MENU_CLICKED, PAYMENT_FAILED, "it could not be opened, or not in time")
KIOSK_MOVE(MENU_CLICKED, IDLE, "the customer cancelled and payment agreed")
KIOSK_MOVE(ORDER_CREATED, PAYMENT_SUCCESS, "it was paid")
KIOSK_MOVE(ORDER_CREATED, PAYMENT_FAILED, "it was denied or ran out")
KIOSK_MOVE(ORDER_CREATED, IDLE, "the customer cancelled and payment agreed")
KIOSK_MOVE(PAYMENT_SUCCESS, PAYMENT_FAILED, "the machine could not give it out")
KIOSK_MOVE(PAYMENT_SUCCESS, IDLE, "it was given out, or shown long enough")
KIOSK_MOVE(PAYMENT_FAILED, PAYMENT_SUCCESS, "it was paid after we had lost patience")
KIOSK_MOVE(PAYMENT_FAILED, IDLE, "it was shown long enough")

#undef KIOSK_STATE
#undef KIOSK_MOVE
