/* door.c - how a room is found for whoever asks: the one place that says no to strangers. */
#include "chat/door.h"

#include "app/attempts.h"

static struct attempt_key key_of(const struct request *rq)
{
    return (struct attempt_key){.account = rq->caller.id.len > 0 ? rq->caller.id : rq->peer};
}

bool door_patience(struct request *rq)
{
    struct attempt_key key = key_of(rq);
    int64_t wait_s = attempts_wait_s(ATTEMPT_ROOM, &key, rq->now_us);
    if (wait_s == 0)
        return true;
    refuse(rq, PROBLEM_TOO_MANY, "too many rooms were asked for that are not yours");
    reply_header(rq, "Retry-After", str_of(arena_printf(rq->arena, "%lld", (long long)wait_s)));
    return false;
}

/* A unit that runs twice counts twice: that is one try more than there was, and seldom. */
bool door_shut(struct request *rq, enum problem p, const char *detail)
{
    struct attempt_key key = key_of(rq);
    attempts_count(ATTEMPT_ROOM, &key, rq->now_us);
    return refuse(rq, p, "%s", detail);
}

bool door_open(struct request *rq, struct db *db, struct str uri, struct asked *a)
{
    a->me = room_person_of(&rq->caller);
    if (!room_uri_fits(uri)) /* a page that has no room yet ("undefined") guesses nothing */
        return refuse(rq, PROBLEM_NOT_FOUND, "no such room");
    if (!door_patience(rq))
        return false;
    return (room_find(db, uri, a->me.id, rq->arena, &a->room, &a->place) &&
            room_is_for(&a->room, &a->place, &rq->caller)) ||
           door_shut(rq, PROBLEM_NOT_FOUND, "no such room");
}

bool door_is_open(struct request *rq, const struct asked *a)
{
    return a->room.closed_us == 0 ||
           refuse(rq, PROBLEM_ROOM_CLOSED, "the room is closed for writing");
}

bool door_write(struct request *rq, struct db *db, struct str uri, struct asked *a)
{
    return door_open(rq, db, uri, a) && door_is_open(rq, a);
}
