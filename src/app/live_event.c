/* live_event.c - events as they are sent: put into words once for each kind of sockets, role and
 * language, and into a frame once for each of these and what sockets hang on. */
#include "app/live_inside.h"

#include "app/house.h"
#include "app/topic.h"
#include "base/clock.h"

/* What an event is to those who hear it alike. */
struct wording {
    const struct socket_kind *kind; /* theirs */
    struct listener to;             /* they */
    const char *name;               /* as word() calls it; NULL: not for them */
    bool alert;                     /* that must be seen */
    struct buf values;              /* an object */
    struct frame *frames[LIVE_BYS]; /* those that were asked for */
};

/* All wordings of the event being delivered; places are used again for the next. */
struct wordings {
    struct wording *rows; /* `count` in use */
    size_t count;         /* of those */
    size_t cap;           /* room for so many */
};

/* ---- Wordings ---- */

static bool is_for(const struct wording *w, const struct live *l, enum role role)
{
    return w->kind == l->kind && w->to.role == role && w->to.language == (enum language)l->language;
}

static struct wording *free_place(struct wordings *all)
{
    if (all->count == all->cap) {
        size_t cap = all->cap ? all->cap * 2 : 8;
        all->rows = mem_grow(all->rows, cap * sizeof *all->rows);
        memset(all->rows + all->cap, 0, (cap - all->cap) * sizeof *all->rows);
        all->cap = cap;
    }
    return &all->rows[all->count++];
}

/* The service that has words of its own for the topic; NULL: none. */
static const struct topic_words *words_for(const struct app *app, struct str topic)
{
    for (size_t i = 0; i < app->service_count; i++) {
        const struct service *s = app->services[i];
        for (size_t k = 0; k < s->word_count; k++) {
            if (str_is(topic, s->words[k].topic))
                return &s->words[k];
        }
    }
    return NULL;
}

static void put_into_words(struct wording *w, const struct app *app, const struct event *e)
{
    const struct socket_kind *kind = w->kind;
    buf_clear(&w->values);
    if (!kind->word) { /* the whole frame of a WebSocket */
        w->name = kind->render(e, &w->values) ? "" : NULL;
        w->alert = false;
        return;
    }
    const struct topic_words *own = kind->person ? words_for(app, e->topic) : NULL;
    if (own) {
        w->name = own->word(e, &w->to, &w->values);
        w->alert = false;
        return;
    }
    w->name = kind->word(e, &w->to, &w->values);
    w->alert = w->name && kind->is_alert && kind->is_alert(e, &w->to);
}

static struct wording *wording_for(const struct live *l, const struct event *e, enum role role)
{
    struct wordings *all = l->desk->wordings;
    if (!all)
        all = l->desk->wordings = mem_alloc(sizeof *all);
    /* The next socket most likely reads what the last one did. */
    for (size_t i = all->count; i-- > 0;) {
        if (is_for(&all->rows[i], l, role))
            return &all->rows[i];
    }
    struct wording *w = free_place(all);
    w->kind = l->kind;
    w->to = (struct listener){.role = role, .language = (enum language)l->language};
    put_into_words(w, l->desk->app, e);
    return w;
}

static struct frame *frame_of(struct wording *w, enum live_by by, int64_t seq)
{
    if (!w->frames[by])
        w->frames[by] = w->kind->word ? live_frame(by, w->kind, w->name, buf_str(&w->values), seq)
                                      : frame_text(buf_str(&w->values));
    return w->frames[by];
}

void live_forget_wordings(struct desk *d)
{
    struct wordings *all = d->wordings;
    for (size_t i = 0; all && i < all->count; i++) {
        for (size_t by = 0; by < LIVE_BYS; by++) {
            if (all->rows[i].frames[by])
                frame_unref(all->rows[i].frames[by]);
            all->rows[i].frames[by] = NULL;
        }
    }
    if (all)
        all->count = 0;
}

void live_fini(struct desk *d)
{
    struct wordings *all = d->wordings;
    if (!all)
        return;
    live_forget_wordings(d);
    for (size_t i = 0; i < all->cap; i++)
        buf_fini(&all->rows[i].values);
    mem_free(all->rows);
    mem_free(all);
    d->wordings = NULL;
}

/* ---- Sending ---- */

/* Where he works now: that no service knows, so the words are ours. */
static void say_grants(struct live *l, const struct event *e)
{
    struct buf values = {0};
    struct jout j = jout_to(&values);
    jout_object(&j);
    jout_field_int(&j, "seq", e->seq);
    jout_field_str(&j, "id", id_str(&e->id));
    jout_field_time(&j, "at", e->at_us);
    live_write_grants(l, &j);
    jout_object_end(&j);
    live_say(l, "GRANTS", buf_str(&values), e->seq);
    buf_fini(&values);
}

static void tell_sent(const struct live *l, const struct event *e, enum role role)
{
    struct caller who = live_owner(l);
    who.role = role;
    l->kind->sent(l->desk->app, e, &who, clock_utc_us());
}

void live_send_event(struct live *l, const struct event *e, enum role role)
{
    if (!live_is_up(l))
        return;
    if (live_is_of_grants(l, e)) {
        say_grants(l, e);
        return;
    }
    struct wording *w = wording_for(l, e, role);
    if (!w->name)
        return;
    if (l->by == LIVE_BY_POLL)
        live_say(l, w->name, buf_str(&w->values), e->seq);
    else
        live_send(l, frame_of(w, (enum live_by)l->by, e->seq));
    if (w->alert && l->kind->sent)
        tell_sent(l, e, role);
}
