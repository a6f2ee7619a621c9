/* live_whisper.c - what is told once and not kept (whisper.h): to each loop by its mailbox, there
 * to each socket in a frame that is made once for all that hang on the same. */
#include "app/whisper.h"

#include "app/house.h"
#include "app/live_inside.h"

/* A whisper on its way to one loop. */
struct letter {
    struct mail mail;               /* in the loop's mailbox */
    struct desk *desk;              /* that loop's */
    const struct socket_kind *kind; /* of the sockets the frames are for; NULL: none was met */
    struct frame *frames[LIVE_BYS]; /* those that were asked for */
    struct whisper w;               /* slices of text */
    char text[];                    /* channel, values and by */
};

bool whisper_hears(const struct request *rq, struct str channel)
{
    const struct live *l = call_of(rq)->live;
    return l && live_is_on(l, channel);
}

/* Who is still being told what he missed need not hear what passes. */
static void say(void *arg, struct subscriber *s, uint8_t tag)
{
    struct letter *letter = arg;
    struct live *l = CONTAINER_OF(s, struct live, subscriber);
    const struct whisper *w = &letter->w;
    (void)tag;
    if (!l->kind->person || !live_is_up(l) || (l->work && l->work->holding) ||
        str_eq(live_text(l, LIVE_ID), w->by))
        return;
    if (!letter->kind)
        letter->kind = l->kind;
    if (l->by == LIVE_BY_POLL || l->kind != letter->kind) {
        live_say(l, w->event, w->values, -1);
        return;
    }
    struct frame **frame = &letter->frames[l->by];
    if (!*frame)
        *frame = live_frame((enum live_by)l->by, l->kind, w->event, w->values, -1);
    live_send(l, *frame);
}

static void deliver(struct mail *m)
{
    struct letter *letter = CONTAINER_OF(m, struct letter, mail);
    hub_publish(letter->desk->hub, &letter->w.channel, 1, say, letter);
    for (size_t by = 0; by < LIVE_BYS; by++) {
        if (letter->frames[by])
            frame_unref(letter->frames[by]);
    }
    mem_free(letter);
}

static struct str put(char **at, struct str s)
{
    struct str copy = {*at, s.len};
    if (s.len > 0)
        memcpy(*at, s.at, s.len);
    *at += s.len;
    return copy;
}

static struct letter *letter_new(struct desk *d, const struct whisper *w)
{
    struct letter *letter = mem_alloc(sizeof *letter + w->channel.len + w->values.len + w->by.len);
    char *at = letter->text;
    letter->mail.deliver = deliver;
    letter->desk = d;
    letter->w.event = w->event;
    letter->w.channel = put(&at, w->channel);
    letter->w.values = put(&at, w->values);
    letter->w.by = put(&at, w->by);
    return letter;
}

void whisper(struct app *app, const struct whisper *w)
{
    for (size_t i = 0; i < app->desk_count; i++)
        loop_post(app->desks[i]->loop, &letter_new(app->desks[i], w)->mail);
}
