/* word.c - an event put into words for a device: the row of the table that is meant for it, and the
 * members of the payload it may see. */
#include "notify/word.h"

#include "app/order_state.h"
#include "app/topic.h"
#include "base/money.h"

/* ---- Who is told ---- */

/* What a payload with this status has in it: payloads are written without blanks, and a quote
 * inside a text is escaped, so it can stand nowhere else. Empty for any. */
#define SAYS(status)                                                                               \
    {                                                                                              \
        "\"status\":\"" status "\"",                                                               \
            sizeof(status) > 1 ? sizeof("\"status\":\"" status "\"") - 1 : 0                       \
    }
#define TEXT(text)                                                                                 \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
    }

const struct notice notices[] = {
#define NOTICE(topic, status, audience, event, level, en, id, ko, pl)                              \
    {{TOPIC_##topic, sizeof(TOPIC_##topic) - 1},                                                   \
     SAYS(status),                                                                                 \
     AUDIENCE_##audience,                                                                          \
     LEVEL_##level,                                                                                \
     event,                                                                                        \
     {TEXT(en), TEXT(id), TEXT(ko), TEXT(pl)}},
#include "notify/tbl/notices.h"
#undef NOTICE
};

const size_t notice_count = ARRAY_LEN(notices);

unsigned notice_roles(enum notice_audience a)
{
    static const unsigned roles[AUDIENCE_COUNT] = {[AUDIENCE_STAFF] = WHO_STAFF,
                                                   [AUDIENCE_COURIERS] = ROLE_BIT(ROLE_COURIER),
                                                   [AUDIENCE_PERSON] = ROLE_BIT(ROLE_CUSTOMER)};
    return roles[a];
}

const char *notice_level_word(enum notice_level l)
{
    static const char *const words[] = {"quiet", "info", "alert"};
    return words[l];
}

const struct notice *notice_for(const struct event *e, enum notice_audience a)
{
    for (size_t i = 0; i < notice_count; i++) {
        const struct notice *n = &notices[i];
        if (n->audience == a && str_eq(n->topic, e->topic) &&
            (n->says.len == 0 || event_says(e, n->says)))
            return n;
    }
    return NULL;
}

/* Is a ring, whose payload has "to":["owner",...], for this role? */
static bool rings_for(struct str payload, enum role role)
{
    struct json_walk w = json_walk(payload);
    struct str key;
    struct str value;
    while (json_walk_next(&w, &key, &value)) {
        if (!str_is(key, "to"))
            continue;
        struct json_walk roles = json_walk(value);
        struct str one;
        while (json_walk_next(&roles, &key, &one))
            if (one.len > 2 && str_is((struct str){one.at + 1, one.len - 2}, role_word(role)))
                return true;
    }
    return false;
}

const struct notice *notice_of(const struct event *e, enum role role)
{
    const struct notice *n = NULL;
    for (int a = 0; a < AUDIENCE_COUNT && !n; a++) {
        if (notice_roles((enum notice_audience)a) & ROLE_BIT(role))
            n = notice_for(e, (enum notice_audience)a);
    }
    if (n && str_is(n->topic, TOPIC_NOTIFY_RING) && !rings_for(e->payload, role))
        return NULL;
    return n;
}

bool notify_is_alert(const struct event *e, const struct listener *to)
{
    const struct notice *n = notice_of(e, to->role);
    return n && n->level == LEVEL_ALERT;
}

/* ---- What he is told ---- */

enum member_form { FORM_RAW, FORM_STATUS, FORM_MONEY, FORM_ITEMS };

/* A row of the table of members. */
struct member {
    struct str name;       /* in the payload, and for the device */
    bool staff_only;       /* customers and couriers are not told */
    enum member_form form; /* how it is written */
};

#define ONLY_ALL   false
#define ONLY_STAFF true

static const struct member members[] = {
#define MEMBER(name, who, form) {TEXT(#name), ONLY_##who, FORM_##form},
#include "notify/tbl/members.h"
#undef MEMBER
};

static const struct member *member_of(struct str key)
{
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        if (str_eq(members[i].name, key))
            return &members[i];
    }
    return NULL;
}

/* A payload on its way to a device. */
struct wording {
    struct jout *j;             /* the values */
    const struct listener *to;  /* who hears */
    const struct member *money; /* an amount that waits for its currency, which stands behind it */
    struct str amount;          /* of that */
};

static void write_status(struct wording *w, struct str value)
{
    enum order_state state;
    jout_field_raw(w->j, "status", value);
    if (value.len > 2 && order_state_parse((struct str){value.at + 1, value.len - 2}, &state))
        jout_field_cstr(w->j, "label", order_state_label(state, w->to->language));
}

static void write_money(struct wording *w, struct str currency)
{
    if (!w->money)
        return;
    jout_key(w->j, w->money->name.at);
    jout_object(w->j);
    jout_field_raw(w->j, "amount", w->amount);
    jout_field_raw(w->j, "currency", currency);
    jout_object_end(w->j);
    w->money = NULL;
}

static void write_item(struct jout *j, struct str item)
{
    static const char *const shown[] = {"name", "qty", "options"};
    struct json_walk w = json_walk(item);
    struct str key;
    struct str value;
    jout_object(j);
    while (json_walk_next(&w, &key, &value)) {
        for (size_t i = 0; i < ARRAY_LEN(shown); i++)
            if (str_is(key, shown[i]))
                jout_field_raw(j, shown[i], value);
    }
    jout_object_end(j);
}

static void write_items(struct jout *j, struct str items)
{
    struct json_walk w = json_walk(items);
    struct str key;
    struct str item;
    jout_key(j, "items");
    jout_array(j);
    while (json_walk_next(&w, &key, &item))
        write_item(j, item);
    jout_array_end(j);
}

static void write_member(struct wording *w, const struct member *m, struct str value)
{
    switch (m->form) {
    case FORM_RAW:
        jout_field_raw(w->j, m->name.at, value);
        break;
    case FORM_STATUS:
        write_status(w, value);
        break;
    case FORM_MONEY:
        w->money = m;
        w->amount = value;
        break;
    case FORM_ITEMS:
        write_items(w->j, value);
        break;
    }
}

static bool is_staff(enum role role)
{
    return WHO_STAFF & ROLE_BIT(role);
}

static void write_payload(struct jout *j, struct str payload, const struct listener *to)
{
    struct wording w = {.j = j, .to = to};
    struct json_walk walk = json_walk(payload);
    struct str key;
    struct str value;
    while (json_walk_next(&walk, &key, &value)) {
        const struct member *m = member_of(key);
        if (m && (!m->staff_only || is_staff(to->role)))
            write_member(&w, m, value);
        else if (str_is(key, "currency"))
            write_money(&w, value);
    }
}

/* "payment.refunded" is a PAYMENT with status refunded. */
static void write_payment_status(struct jout *j, struct str topic)
{
    const struct str prefix = STR("payment.");
    if (str_starts(topic, prefix) && !str_is(topic, TOPIC_PAYMENT_ATTENTION))
        jout_field_str(j, "status", (struct str){topic.at + prefix.len, topic.len - prefix.len});
}

/* How loud a ring is, its payload says: a number, in the place of the word. */
void notice_write(struct jout *j, const struct notice *n, const struct event *e,
                  const struct listener *to)
{
    if (n->message[to->language].len > 0)
        jout_field_str(j, "message", n->message[to->language]);
    if (!str_is(n->topic, TOPIC_NOTIFY_RING))
        jout_field_cstr(j, "level", notice_level_word(n->level));
    write_payment_status(j, e->topic);
    write_payload(j, e->payload, to);
}

const char *notify_word(const struct event *e, const struct listener *to, struct buf *values)
{
    const struct notice *n = notice_of(e, to->role);
    if (!n)
        return NULL;
    struct jout j = jout_to(values);
    buf_reserve(values, e->payload.len + 256);
    jout_object(&j);
    jout_field_int(&j, "seq", e->seq);
    jout_field_str(&j, "id", id_str(&e->id));
    jout_field_time(&j, "at", e->at_us);
    notice_write(&j, n, e, to);
    jout_object_end(&j);
    return n->event;
}
