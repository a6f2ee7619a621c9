/* room.c - rooms: what they are, who hears them, and the one way a message gets in. */
#include "chat/room.h"

#include "app/people.h"
#include "app/service.h"
#include "base/metrics.h"
#include "base/random.h"
#include "chat/hot.h"
#include "chat/room_inside.h"
#include "chat/tell.h"

/* ---- Words ---- */

const char *room_kind_word(enum room_kind k)
{
    static const char *const words[ROOM_KIND_COUNT] = {
#define ROOM_KIND(name, word, meaning) [ROOM_##name] = word,
#include "chat/tbl/room_kinds.h"
#undef ROOM_KIND
    };
    return words[k];
}

static enum room_kind kind_of(struct str word)
{
    int k = 0;
    while (k < ROOM_KIND_COUNT && !str_is(word, room_kind_word((enum room_kind)k)))
        k++;
    CHECK(k < ROOM_KIND_COUNT);
    return (enum room_kind)k;
}

static const char *const role_words[ROOM_ROLE_COUNT] = {
#define ROOM_ROLE(name, word) [ROOM_##name] = word,
#include "chat/tbl/room_roles.h"
#undef ROOM_ROLE
};

const char *room_role_word(enum room_role r)
{
    return role_words[r];
}

bool room_role_parse(struct str word, enum room_role *role_r)
{
    for (int r = 0; r < ROOM_ROLE_COUNT; r++) {
        if (!str_is(word, role_words[r]))
            continue;
        *role_r = (enum room_role)r;
        return true;
    }
    return false;
}

/* ---- Uris ---- */

void room_uri_make(char room_uri[ROOM_URI_LEN + 1])
{
    random_text(room_uri, ROOM_URI_LEN, "0123456789abcdef");
}

bool room_uri_fits(struct str uri)
{
    for (size_t i = 0; i < uri.len; i++) {
        char c = uri.at[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    return uri.len == ROOM_URI_LEN;
}

/* ---- Rows ---- */

#define SELECT                                                                                     \
    "SELECT " ROOM_COLUMNS ", " PLACE_COLUMNS                                                      \
    " FROM chat_rooms r LEFT JOIN chat_members m ON m.room = r.uri AND m.account_id = ?"

void room_read(struct db_rows *rows, struct arena *arena, struct room *room)
{
    *room = (struct room){.uri = arena_str(arena, db_text(rows, 0)),
                          .kind = kind_of(db_text(rows, 1)),
                          .name = arena_str(arena, db_text(rows, 2)),
                          .created_us = db_int(rows, 3),
                          .seq = db_int(rows, 4),
                          .active_us = db_int(rows, 5),
                          .members = db_int(rows, 6),
                          .closed_us = db_int(rows, 7),
                          .order_id = arena_str(arena, db_text(rows, 8)),
                          .number = arena_str(arena, db_text(rows, 9)),
                          .shop_id = arena_str(arena, db_text(rows, 10)),
                          .account_id = arena_str(arena, db_text(rows, 11))};
}

/* The times of a place are never 0 in a row that stands. */
void room_read_place(struct db_rows *rows, int column, struct room_place *place)
{
    *place = (struct room_place){.role = (enum room_role)db_int(rows, column),
                                 .muted = db_int(rows, column + 1) != 0,
                                 .joined_us = db_int(rows, column + 2),
                                 .read_seq = db_int(rows, column + 3),
                                 .delivered_seq = db_int(rows, column + 4)};
    place->stands = place->joined_us != 0;
    if (!place->stands)
        place->role = ROOM_MEMBER;
    CHECK(place->role < ROOM_ROLE_COUNT);
}

static bool read_one(struct db_rows *rows, struct arena *arena, struct room *room_r,
                     struct room_place *place_r)
{
    bool found = db_row(rows);
    if (found) {
        room_read(rows, arena, room_r);
        room_read_place(rows, ROOM_COLUMN_COUNT, place_r);
    }
    db_end(rows);
    return found;
}

bool room_find(struct db *db, struct str uri, struct str who, struct arena *arena,
               struct room *room_r, struct room_place *place_r)
{
    if (!room_uri_fits(uri))
        return false;
    if (hot_find(db, uri, who, room_r, place_r))
        return true;
    bool found = read_one(db_query(db, SELECT " WHERE r.uri = ?", DB_TEXT(who), DB_TEXT(uri)),
                          arena, room_r, place_r);
    if (found)
        hot_refresh(db, room_r);
    return found;
}

bool room_of_order(struct db *db, struct str order_id, struct str who, struct arena *arena,
                   struct room *room_r, struct room_place *place_r)
{
    return read_one(db_query(db, SELECT " WHERE r.order_id = ?", DB_TEXT(who), DB_TEXT(order_id)),
                    arena, room_r, place_r);
}

void room_insert(struct db *tx, const struct room *room)
{
    db_exec(tx,
            "INSERT INTO chat_rooms (uri, kind, name, created_at, seq, active_at, members,"
            " closed_at, order_id, number, shop_id, account_id)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            DB_TEXT(room->uri), DB_CSTR(room_kind_word(room->kind)), DB_TEXT(room->name),
            DB_INT(room->created_us), DB_INT(room->seq), DB_INT(room->active_us),
            DB_INT(room->members), DB_INT(room->closed_us), DB_TEXT(room->order_id),
            DB_TEXT(room->number), DB_TEXT(room->shop_id), DB_TEXT(room->account_id));
}

void room_close(struct db *tx, struct arena *arena, struct room *room, struct str actor,
                int64_t at_us)
{
    if (room->closed_us > 0)
        return;
    room->closed_us = at_us;
    db_exec(tx, "UPDATE chat_rooms SET closed_at = ? WHERE uri = ?", DB_INT(at_us),
            DB_TEXT(room->uri));
    tell_room(tx, arena, room, actor, at_us);
}

void room_change(struct db *tx, struct arena *arena, const struct room *room, struct str actor,
                 int64_t at_us)
{
    db_exec(tx, "UPDATE chat_rooms SET name = ?, kind = ? WHERE uri = ?", DB_TEXT(room->name),
            DB_CSTR(room_kind_word(room->kind)), DB_TEXT(room->uri));
    tell_room(tx, arena, room, actor, at_us);
}

/* ---- People ---- */

bool room_is_for(const struct room *room, const struct room_place *place, const struct caller *c)
{
    if (c->id.len == 0)
        return false;
    if (room->kind != ROOM_ORDER)
        return place->stands;
    return (room->account_id.at && str_eq(room->account_id, c->id)) ||
           str_eq(room->order_id, c->id) || caller_works_in(c, room->shop_id, WHO_CREW);
}

struct room_person room_person_of(const struct caller *c)
{
    return (struct room_person){c->id, c->username.len > 0 ? c->username : STR("guest")};
}

void room_write_person(struct jout *j, const struct room_person *p, struct str order_id)
{
    if (!p->id.at) {
        jout_null(j);
        return;
    }
    bool guest = order_id.at && str_eq(p->id, order_id);
    jout_object(j);
    jout_field_str(j, "id", guest ? (struct str){0} : p->id);
    jout_field_str(j, "username", p->username);
    jout_field_cstr(j, "first_name", "");
    jout_field_cstr(j, "last_name", "");
    jout_object_end(j);
}

/* ---- Marks ---- */

void room_insert_place(struct db *tx, const struct room *room, const struct room_person *who,
                       const struct room_place *place)
{
    db_exec(tx,
            "INSERT INTO chat_members (room, account_id, username, role, joined_at, muted,"
            " read_seq, delivered_seq) VALUES (?, ?, ?, ?, ?, 0, ?, ?)",
            DB_TEXT(room->uri), DB_TEXT(who->id), DB_TEXT(who->username), DB_INT(place->role),
            DB_INT(place->joined_us), DB_INT(place->read_seq), DB_INT(place->delivered_seq));
}

void room_write_marks(struct db *tx, const struct room *room, const struct room_place *place,
                      struct str account_id)
{
    db_exec(tx,
            "UPDATE chat_members SET read_seq = ?, delivered_seq = ?"
            " WHERE room = ? AND account_id = ?",
            DB_INT(place->read_seq), DB_INT(place->delivered_seq), DB_TEXT(room->uri),
            DB_TEXT(account_id));
}

/* Who hears a room by right gets a row when there is something to keep. */
static void write_place(struct db *tx, const struct room *room, struct room_place *place,
                        const struct room_person *who, int64_t at_us)
{
    if (place->stands) {
        room_write_marks(tx, room, place, who->id);
        return;
    }
    place->stands = true;
    place->joined_us = at_us;
    room_insert_place(tx, room, who, place);
}

/* What was read was delivered. Returns whether a mark moved. */
static bool move_marks(struct room_place *place, int64_t read_seq, int64_t delivered_seq)
{
    const struct room_place was = *place;
    if (read_seq > place->read_seq)
        place->read_seq = read_seq;
    if (delivered_seq > place->delivered_seq)
        place->delivered_seq = delivered_seq;
    if (place->read_seq > place->delivered_seq)
        place->delivered_seq = place->read_seq;
    return place->read_seq != was.read_seq || place->delivered_seq != was.delivered_seq;
}

bool room_mark(struct db *tx, struct arena *arena, const struct room *room,
               struct room_place *place, const struct room_person *who, int64_t read_seq,
               int64_t delivered_seq, int64_t at_us)
{
    read_seq = read_seq < room->seq ? read_seq : room->seq;
    delivered_seq = delivered_seq < room->seq ? delivered_seq : room->seq;
    if (!move_marks(place, read_seq, delivered_seq))
        return false;
    write_place(tx, room, place, who, at_us);
    tell_read(tx, arena, room, who, place, at_us);
    return true;
}

void room_mute(struct db *tx, const struct room *room, struct room_place *place,
               const struct room_person *who, bool muted, int64_t at_us)
{
    if (!place->stands)
        write_place(tx, room, place, who, at_us);
    place->muted = muted;
    db_exec(tx, "UPDATE chat_members SET muted = ? WHERE room = ? AND account_id = ?",
            DB_INT(muted), DB_TEXT(room->uri), DB_TEXT(who->id));
}

/* ---- Messages ---- */

int64_t room_sent(struct db *db, struct str uri, struct str author, struct str client_id)
{
    struct db_rows *rows = db_query(db,
                                    "SELECT seq FROM chat_client_ids"
                                    " WHERE client_id = ? AND author = ? AND room = ?",
                                    DB_TEXT(client_id), DB_TEXT(author), DB_TEXT(uri));
    int64_t seq = db_row(rows) ? db_int(rows, 0) : 0;
    db_end(rows);
    return seq;
}

void room_write_seq(struct db *tx, const struct room *room)
{
    db_exec(tx, "UPDATE chat_rooms SET seq = ?, active_at = ? WHERE uri = ?", DB_INT(room->seq),
            DB_INT(room->active_us), DB_TEXT(room->uri));
}

static void insert_message(struct db *tx, const struct room *room, const struct room_post *p)
{
    db_exec(tx,
            "INSERT INTO chat_messages (room, seq, at, author, username, message, client_id,"
            " reply_to, system, edits, edited_at, deleted_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0)",
            DB_TEXT(room->uri), DB_INT(room->seq), DB_INT(p->at_us), DB_TEXT(p->by.id),
            DB_TEXT(p->by.username), DB_TEXT(p->text), DB_TEXT(p->client_id),
            p->reply_to > 0 ? DB_INT(p->reply_to) : DB_NULL, DB_TEXT(p->system));
    if (p->client_id.at)
        db_exec(tx,
                "INSERT INTO chat_client_ids (client_id, author, room, seq) VALUES (?, ?, ?, ?)",
                DB_TEXT(p->client_id), DB_TEXT(p->by.id), DB_TEXT(room->uri), DB_INT(room->seq));
}

/* What is pending of the room is older, and goes first. */
static void write_said(struct db *tx, const struct room *room, struct room_place *place,
                       const struct room_post *p)
{
    db_settle(tx);
    room_write_seq(tx, room);
    if (place)
        write_place(tx, room, place, &p->by, p->at_us);
}

int64_t room_say(struct db *tx, struct arena *arena, struct room *room, struct room_place *place,
                 const struct room_post *p)
{
    room->seq++;
    if (p->at_us > room->active_us)
        room->active_us = p->at_us;
    insert_message(tx, room, p);
    if (place)
        (void)move_marks(place, room->seq, room->seq);
    if (p->hot && place && place->stands)
        hot_keep(tx, arena, room, place, &p->by);
    else
        write_said(tx, room, place, p);
    tell_message(tx, arena, room, p);
    metric_add(METRIC_MESSAGES, 1);
    return room->seq;
}
