/* order_state.h - the states of an order and the moves between them, from the one table
 * tbl/order_states.h. It stands here because two services share an order's life: order and
 * delivery, which never see each other. */
#ifndef PESAN_APP_ORDER_STATE_H
#define PESAN_APP_ORDER_STATE_H

#include "app/problem.h"

enum order_state {
#define ORDER_STATE(name, word, korean, en, id, ko, pl, meaning) ORDER_##name,
#include "app/tbl/order_states.h"
    ORDER_STATE_COUNT
};

/* Whose decision a move is. */
enum order_mover {
    MOVER_NOBODY, /* the move is not allowed */
    MOVER_ORDER,
    MOVER_DELIVERY,
};

/* The English word, as it stands in databases, events and answers. */
const char *order_state_word(enum order_state s);

/* As people read it. */
const char *order_state_label(enum order_state s, enum language l);

/* The English or the Korean word into a state; false for any other text. */
MUST_USE bool order_state_parse(struct str word, enum order_state *state_r);

/* Who may move an order from one state to another; MOVER_NOBODY: it does not go there. To stay
 * where one is is no move. */
enum order_mover order_mover(enum order_state from, enum order_state to);

#endif
