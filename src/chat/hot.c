/* hot.c - rooms in which much is said at once.
 *
 * A transaction has at most WRITER_BATCH_MAX messages, so its rooms and those who write in them are
 * few, and are found by walking them. */
#include "chat/hot.h"

#include "chat/room_inside.h"

/* Somebody who writes. */
struct writing {
    struct writing *next;    /* another one */
    struct str id;           /* his account */
    struct room_place place; /* with his marks */
};

struct hot {
    struct db_pending pending; /* first: the transaction's */
    struct room room;          /* with its seq and time */
    struct writing *writing;   /* those who write in it */
};

static void write_rows(struct db_pending *p, struct db *tx)
{
    struct hot *h = CONTAINER_OF(p, struct hot, pending);
    room_write_seq(tx, &h->room);
    for (struct writing *w = h->writing; w; w = w->next)
        room_write_marks(tx, &h->room, &w->place, w->id);
}

/* Others may keep something pending, too. */
static struct hot *find(struct db *tx, struct str uri)
{
    for (struct db_pending *p = tx->pending; p; p = p->next) {
        struct hot *h = CONTAINER_OF(p, struct hot, pending);
        if (p->write == write_rows && str_eq(h->room.uri, uri))
            return h;
    }
    return NULL;
}

static struct writing *find_writing(struct hot *h, struct str id)
{
    struct writing *w = h->writing;
    while (w && !str_eq(w->id, id))
        w = w->next;
    return w;
}

bool hot_find(struct db *tx, struct str uri, struct str who, struct room *room_r,
              struct room_place *place_r)
{
    struct hot *h = find(tx, uri);
    const struct writing *w = h ? find_writing(h, who) : NULL;
    if (!w)
        return false;
    *room_r = h->room;
    *place_r = w->place;
    return true;
}

void hot_refresh(struct db *tx, struct room *room)
{
    const struct hot *h = find(tx, room->uri);
    if (!h)
        return;
    room->seq = h->room.seq;
    room->active_us = h->room.active_us;
}

static struct hot *add(struct db *tx, struct arena *arena, const struct room *room)
{
    struct hot *h = arena_alloc(arena, sizeof *h);
    *h = (struct hot){.pending.write = write_rows, .room = *room};
    db_pend(tx, &h->pending);
    return h;
}

static void add_writing(struct hot *h, struct arena *arena, const struct room_place *place,
                        struct str id)
{
    struct writing *w = arena_alloc(arena, sizeof *w);
    *w = (struct writing){h->writing, id, *place};
    h->writing = w;
}

void hot_keep(struct db *tx, struct arena *arena, const struct room *room,
              const struct room_place *place, const struct room_person *who)
{
    struct hot *h = find(tx, room->uri);
    if (!h)
        h = add(tx, arena, room);
    h->room.seq = room->seq;
    h->room.active_us = room->active_us;
    struct writing *w = find_writing(h, who->id);
    if (w)
        w->place = *place;
    else
        add_writing(h, arena, place, who->id);
}
