/* order_state.c - reads the table of order states. */
#include "app/order_state.h"

/* One ORDER_STATE row. */
struct state_row {
    const char *word;              /* English */
    const char *korean;            /* "" where there is none */
    const char *label[LANG_COUNT]; /* for people */
};

static const struct state_row states[ORDER_STATE_COUNT] = {
#define ORDER_STATE(name, word, korean, en, id, ko, pl, meaning)                                   \
    {word, korean, {[LANG_EN] = en, [LANG_ID] = id, [LANG_KO] = ko, [LANG_PL] = pl}},
#include "app/tbl/order_states.h"
};

static const enum order_mover moves[ORDER_STATE_COUNT][ORDER_STATE_COUNT] = {
#define ORDER_MOVE(from, to, mover, when) [ORDER_##from][ORDER_##to] = MOVER_##mover,
#include "app/tbl/order_states.h"
};

const char *order_state_word(enum order_state s)
{
    CHECK(s < ORDER_STATE_COUNT);
    return states[s].word;
}

const char *order_state_label(enum order_state s, enum language l)
{
    CHECK(s < ORDER_STATE_COUNT && l < LANG_COUNT);
    return states[s].label[l];
}

bool order_state_parse(struct str word, enum order_state *state_r)
{
    if (word.len == 0)
        return false;
    for (int s = 0; s < ORDER_STATE_COUNT; s++) {
        if (str_is(word, states[s].word) || str_is(word, states[s].korean)) {
            *state_r = (enum order_state)s;
            return true;
        }
    }
    return false;
}

enum order_mover order_mover(enum order_state from, enum order_state to)
{
    CHECK(from < ORDER_STATE_COUNT && to < ORDER_STATE_COUNT);
    return moves[from][to];
}
