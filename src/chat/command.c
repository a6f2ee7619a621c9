/* command.c - reads what the crew of a shop says in an order's thread to have it done, and puts
 * what comes of it into words. */
#include "chat/command.h"

#include "app/order_command.h"
#include "app/people.h"
#include "app/service.h"
#include "app/topic.h"
#include "chat/reply.h"
#include "chat/thread.h"

#define REPLY_WORD "reply"

bool command_is(const struct room *room, const struct caller *c, struct str text)
{
    if (room->kind != ROOM_ORDER || text.len < 2 || text.at[0] != '/')
        return false;
    char letter = (char)(text.at[1] | 0x20);
    return letter >= 'a' && letter <= 'z' && caller_works_in(c, room->shop_id, WHO_CREW);
}

/* ---- Reading ---- */

/* "word" of "/word rest"; *rest_r is trimmed, at == NULL where there is nothing. */
static struct str cut_word(struct str text, struct str *rest_r)
{
    size_t len = 0;
    while (len < text.len && text.at[len] != ' ' && text.at[len] != '\n' && text.at[len] != '\t')
        len++;
    struct str rest = str_trim((struct str){text.at + len, text.len - len});
    *rest_r = rest.len > 0 ? rest : (struct str){0};
    return (struct str){text.at, len};
}

/* The number where the row has one: the first word, if it is one. False for one that is out of its
 * range, or is missed. */
static bool read_number(const struct order_command_row *row, struct str *rest,
                        struct order_command *c)
{
    struct str behind;
    uint64_t number;
    struct str word = cut_word(*rest, &behind);
    if (row->number == PART_NO)
        return true;
    if (word.len == 0 || word.at[0] < '0' || word.at[0] > '9')
        return row->number == PART_MAY;
    if (!str_to_u64(word, (uint64_t)COMMAND_NUMBER_MAX, &number) || number == 0)
        return false;
    c->numbered = true;
    c->number = (int64_t)number;
    *rest = behind;
    return true;
}

static bool read_text(const struct order_command_row *row, struct str rest, struct order_command *c)
{
    c->text = rest;
    if (!rest.at)
        return row->text != PART_MUST;
    return row->text != PART_NO && str_clean(&c->text, COMMAND_TEXT_MAX);
}

/* ---- Answers ---- */

static void write_help_line(struct jout *j, const char *word, const char *help)
{
    jout_object(j);
    jout_field_cstr(j, "command", word);
    jout_field_cstr(j, "help", help);
    jout_object_end(j);
}

static void write_help(struct jout *j, enum language language)
{
    static const char *const reply[LANG_COUNT] = {
        [LANG_EN] = "/reply id: say what is ready to be said, in the customer's language",
        [LANG_ID] = "/reply id: kirim balasan siap pakai dalam bahasa pelanggan",
        [LANG_KO] = "/reply id: 준비된 답장을 고객의 언어로 보내기",
        [LANG_PL] = "/reply id: wyślij gotową odpowiedź w języku klienta"};
    jout_key(j, "commands");
    jout_array(j);
    for (int k = 0; k < COMMAND_COUNT; k++) {
        const struct order_command_row *row = order_command_row((enum order_command_kind)k);
        write_help_line(j, row->word, row->help[language]);
    }
    write_help_line(j, REPLY_WORD, reply[language]);
    jout_array_end(j);
}

static struct jout *begin_answer(struct request *rq, const struct room *room, const char *word)
{
    struct jout *j = reply_json(rq, 202);
    jout_object(j);
    jout_field_cstr(j, "status", "SUCCESS");
    jout_field_str(j, "uri", room->uri);
    jout_field_str(j, "order_id", room->order_id);
    jout_field_cstr(j, "command", word);
    return j;
}

static void answer_help(struct request *rq, const struct room *room)
{
    struct jout *j = begin_answer(rq, room, "help");
    write_help(j, rq->language);
    jout_object_end(j);
}

static void answer(struct request *rq, const struct room *room, const struct order_command *c)
{
    struct jout *j = begin_answer(rq, room, order_command_row(c->kind)->word);
    if (c->numbered)
        jout_field_int(j, "argument", c->number);
    jout_field_given(j, "text", c->text);
    jout_object_end(j);
}

static void refuse_unknown(struct request *rq, struct str word)
{
    refuse(rq, PROBLEM_UNKNOWN_COMMAND, "there is no command /%.*s", STR_ARG(word));
    write_help(refuse_more(rq), rq->language);
}

/* ---- Replies that are ready ---- */

bool command_reply(struct request *rq, struct db *db, const struct room *room, struct str *text)
{
    struct str id;
    struct thread thread;
    if (!command_is(room, &rq->caller, *text) ||
        !str_eq_nocase(cut_word(*text, &id), STR("/" REPLY_WORD)))
        return true;
    enum language language =
        thread_find(db, room->order_id, rq->arena, &thread) ? thread.language : rq->language;
    if (reply_find(id, language, text))
        return true;
    refuse_field(rq, PROBLEM_BAD_INPUT, "/message", "/reply and the id of a reply");
    reply_write_all(refuse_more(rq), rq->language);
    return false;
}

/* ---- Taking ---- */

/* Was it taken before, by the id its client made? Notes that it is now. */
static bool is_repeat(struct db *tx, const struct room *room, struct str author,
                      struct str client_id)
{
    if (!client_id.at)
        return false;
    struct db_rows *rows =
        db_query(tx, "SELECT 1 FROM chat_commands WHERE room = ? AND author = ? AND client_id = ?",
                 DB_TEXT(room->uri), DB_TEXT(author), DB_TEXT(client_id));
    bool known = db_row(rows);
    db_end(rows);
    if (!known)
        db_exec(tx, "INSERT INTO chat_commands (room, author, client_id) VALUES (?, ?, ?)",
                DB_TEXT(room->uri), DB_TEXT(author), DB_TEXT(client_id));
    return known;
}

void command_take(struct request *rq, struct db *tx, const struct room *room, struct str text,
                  struct str client_id)
{
    struct order_command c = {.uri = room->uri,
                              .order_id = room->order_id,
                              .shop_id = room->shop_id,
                              .actor = request_actor(rq),
                              .at_us = rq->now_us};
    struct str rest;
    struct str word = cut_word((struct str){text.at + 1, text.len - 1}, &rest);
    if (str_eq_nocase(word, STR("help"))) {
        answer_help(rq, room);
        return;
    }
    if (!order_command_parse(word, &c.kind)) {
        refuse_unknown(rq, word);
        return;
    }
    const struct order_command_row *row = order_command_row(c.kind);
    if (!read_number(row, &rest, &c) || !read_text(row, rest, &c)) {
        refuse_field(rq, PROBLEM_BAD_INPUT, "/message", row->help[rq->language]);
        return;
    }
    if (!is_repeat(tx, room, rq->caller.id, client_id))
        order_command_tell(tx, rq->arena, &c);
    answer(rq, room, &c);
}

/* ---- What comes of it ---- */

static bool is_refusal(struct str topic)
{
    return str_is(topic, TOPIC_ORDER_COMMAND_REFUSED) ||
           str_is(topic, TOPIC_DELIVERY_COMMAND_REFUSED) ||
           str_is(topic, TOPIC_PAYMENT_COMMAND_REFUSED);
}

static enum problem problem_of(struct str slug)
{
    for (int p = PROBLEM_NONE + 1; p < PROBLEM_COUNT; p++)
        if (str_is(slug, problem_row((enum problem)p)->slug))
            return (enum problem)p;
    return PROBLEM_CONFLICT;
}

/* What may be seen beside the outcome. */
static const char *const shown[] = {"uri",  "order_id", "command", "argument",
                                    "text", "reason",   "by"};

static void write_shown(struct jout *j, const struct event *e, enum language language)
{
    struct json_walk w = json_walk(e->payload);
    struct str key;
    struct str value;
    while (json_walk_next(&w, &key, &value)) {
        for (size_t i = 0; i < ARRAY_LEN(shown); i++)
            if (str_is(key, shown[i]))
                jout_field_raw(j, shown[i], value);
        if (str_is(key, "reason") && value.len > 2) {
            enum problem why = problem_of((struct str){value.at + 1, value.len - 2});
            jout_field_cstr(j, "message", problem_row(why)->message[language]);
        }
    }
}

const char *command_word(const struct event *e, const struct listener *to, struct buf *values)
{
    struct jout j = jout_to(values);
    bool refused = is_refusal(e->topic);
    if ((!refused && !str_is(e->topic, TOPIC_CHAT_COMMAND)) || !(WHO_CREW & ROLE_BIT(to->role)))
        return NULL;
    jout_object(&j);
    jout_field_int(&j, "cursor", e->seq);
    jout_field_time(&j, "at", e->at_us);
    jout_field_cstr(&j, "outcome", refused ? "refused" : "asked");
    write_shown(&j, e, to->language);
    jout_object_end(&j);
    return "CHAT_COMMAND";
}
