/* move.c - what becomes of an order, in the words of its thread: reads the table of moves. */
#include "chat/move.h"

#include "app/topic.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/money.h"

enum detail { DETAIL_NONE, DETAIL_ETA, DETAIL_NOTE, DETAIL_REASON, DETAIL_MONEY };

/* A row of the table. */
struct move {
    const char *topic;            /* which event */
    const char *status;           /* in its payload; "": any */
    const char *word;             /* for pages */
    enum detail detail;           /* what stands behind the sentence */
    const char *text[LANG_COUNT]; /* for people */
};

static const struct move moves[] = {
#define MOVE(topic, status, word, detail, en, id, ko, pl)                                          \
    {TOPIC_##topic,                                                                                \
     status,                                                                                       \
     word,                                                                                         \
     DETAIL_##detail,                                                                              \
     {[LANG_EN] = en, [LANG_ID] = id, [LANG_KO] = ko, [LANG_PL] = pl}},
#include "chat/tbl/moves.h"
#undef MOVE
};

static const struct move *move_of(const struct event *e, struct str status)
{
    for (size_t i = 0; i < ARRAY_LEN(moves); i++) {
        const struct move *m = &moves[i];
        if (str_is(e->topic, m->topic) && (!*m->status || str_is(status, m->status)))
            return m;
    }
    return NULL;
}

/* ---- What stands behind the sentence ---- */

/* "about 10 min"; nothing when it is not said, or was to be there before it was said. */
static void add_eta(struct buf *out, const struct event *e, const json_t *payload,
                    enum language language)
{
    static const char *const words[LANG_COUNT] = {[LANG_EN] = " (about %lld min)",
                                                  [LANG_ID] = " (sekitar %lld menit)",
                                                  [LANG_KO] = " (약 %lld분)",
                                                  [LANG_PL] = " (około %lld min)"};
    int64_t eta_us;
    if (!clock_parse_iso(json_text(payload, "eta_at"), &eta_us) || eta_us <= e->at_us)
        return;
    buf_addf(out, words[language],
             (long long)((eta_us - e->at_us + 59 * US_PER_S) / (60 * US_PER_S)));
}

static void add_text(struct buf *out, struct str text)
{
    if (text.len > 0)
        buf_addf(out, " (%.*s)", STR_ARG(text));
}

static void add_money(struct buf *out, const json_t *payload)
{
    enum currency currency;
    int64_t amount;
    if (!json_int(payload, "amount", &amount) ||
        !currency_parse(json_text(payload, "currency"), &currency))
        return;
    buf_add_cstr(out, " (");
    money_add_json(out, amount, currency);
    buf_addf(out, " %s)", currency_name(currency));
}

static void add_detail(struct buf *out, const struct move *m, const struct event *e,
                       const json_t *payload, enum language language)
{
    switch (m->detail) {
    case DETAIL_NONE:
        break;
    case DETAIL_ETA:
        add_eta(out, e, payload, language);
        break;
    case DETAIL_NOTE:
        add_text(out, json_text(payload, "note"));
        break;
    case DETAIL_REASON:
        add_text(out, json_text(payload, "reason"));
        break;
    case DETAIL_MONEY:
        add_money(out, payload);
        break;
    }
}

bool move_say(const struct event *e, enum language language, struct arena *arena,
              struct move_words *words_r)
{
    const char *why;
    struct buf text = buf_in(arena);
    json_t *payload = json_read(e->payload, &why);
    const struct move *m = move_of(e, json_text(payload, "status"));
    if (m) {
        buf_add_cstr(&text, m->text[language]);
        add_detail(&text, m, e, payload, language);
        *words_r = (struct move_words){str_of(m->word), buf_str(&text)};
    }
    json_decref(payload);
    return m != NULL;
}

bool move_ends(const struct event *e)
{
    if (str_is(e->topic, TOPIC_ORDER_CANCELLED) || str_is(e->topic, TOPIC_ORDER_REJECTED))
        return true;
    return str_is(e->topic, TOPIC_DELIVERY_MOVED) &&
           (event_says(e, STR("\"status\":\"delivered\"")) ||
            event_says(e, STR("\"status\":\"failed\"")));
}
