/* hub.c - one loop's table of channels and who listens to them.
 *
 * DESIGN. A subscription is a node of its own: linked into its subscriber's list, and at an index
 * of its channel's array, which moves its last member into the gap when one leaves. So joining and
 * leaving cost the same in a channel of one as of a hundred thousand, and publishing walks an
 * array. It walks from the back: whoever leaves meanwhile pulls only members forward that were
 * already served, and those carry the event's mark. A channel that runs empty while it is walked is
 * freed by the walker. Most channels are a person's own and have one member: it stands in the
 * channel itself. */
#include "net/hub.h"

#define MEMBERS_FIRST 4

struct subscription {
    struct list of_subscriber;     /* among the channels of its subscriber */
    struct channel *channel;       /* where it stands */
    struct subscriber *subscriber; /* whose it is */
    uint32_t index;                /* among the channel's members */
    uint8_t tag;                   /* what deliver() is told */
};

struct channel {
    union {
        struct subscription *only;  /* cap == 1: the one member there is room for */
        struct subscription **many; /* else all of them, in no order */
    } members;
    uint32_t count;    /* members */
    uint32_t cap;      /* room for so many */
    uint32_t name_len; /* bytes of name */
    bool walked;       /* is being published to: must not be freed */
    char name[];       /* the key in the hub's map */
};

struct hub {
    struct map channels; /* by name; none is empty */
    uint64_t events;     /* published so far: the mark of the newest */
    bool publishing;     /* deliver() must not publish */
};

struct hub *hub_new(void)
{
    return mem_alloc(sizeof(struct hub));
}

static struct subscription **members(struct channel *ch)
{
    return ch->cap == 1 ? &ch->members.only : ch->members.many;
}

static void channel_free(struct channel *ch)
{
    if (ch->cap > 1)
        mem_free(ch->members.many);
    mem_free(ch);
}

static void free_channel(struct hub *h, struct channel *ch)
{
    map_del(&h->channels, (struct str){ch->name, ch->name_len});
    channel_free(ch);
}

/* Out of the channel, in constant time. The subscription is freed. */
static void leave(struct hub *h, struct subscription *sub)
{
    struct channel *ch = sub->channel;
    struct subscription *last = members(ch)[--ch->count];
    members(ch)[sub->index] = last;
    last->index = sub->index;
    list_del(&sub->of_subscriber);
    mem_free(sub);
    if (ch->count == 0 && !ch->walked)
        free_channel(h, ch);
}

void hub_free(struct hub **h)
{
    struct channel *ch;
    size_t at = 0;
    if (!*h)
        return;
    while ((ch = map_next(&(*h)->channels, &at))) {
        for (uint32_t i = 0; i < ch->count; i++) {
            list_del(&members(ch)[i]->of_subscriber);
            mem_free(members(ch)[i]);
        }
        channel_free(ch);
    }
    map_fini(&(*h)->channels);
    mem_free(*h);
    *h = NULL;
}

void subscriber_init(struct subscriber *s)
{
    list_init(&s->subscriptions);
    s->last_event = 0;
}

static struct channel *channel_new(struct hub *h, struct str name)
{
    struct channel *ch = mem_alloc(offsetof(struct channel, name) + name.len);
    CHECK(name.len < UINT32_MAX);
    ch->cap = 1;
    ch->name_len = (uint32_t)name.len;
    if (name.len > 0)
        memcpy(ch->name, name.at, name.len);
    map_put(&h->channels, (struct str){ch->name, ch->name_len}, ch);
    return ch;
}

/* A subscriber is on few channels: its list is shorter than any other index. */
static struct subscription *find(const struct subscriber *s, const struct channel *ch)
{
    LIST_EACH (node, &s->subscriptions) {
        struct subscription *sub = LIST_ITEM(node, struct subscription, of_subscriber);
        if (sub->channel == ch)
            return sub;
    }
    return NULL;
}

static void grow(struct channel *ch)
{
    uint32_t cap = ch->cap == 1 ? MEMBERS_FIRST : ch->cap * 2;
    struct subscription *only = ch->members.only;
    struct subscription **old = ch->cap == 1 ? NULL : ch->members.many;
    struct subscription **many = mem_grow(old, cap * sizeof(struct subscription *));
    if (!old)
        many[0] = only;
    ch->members.many = many;
    ch->cap = cap;
}

void hub_subscribe(struct hub *h, struct subscriber *s, struct str channel, uint8_t tag)
{
    struct channel *ch = map_get(&h->channels, channel);
    struct subscription *sub = ch ? find(s, ch) : NULL;
    if (sub) {
        sub->tag = tag;
        return;
    }
    if (!ch)
        ch = channel_new(h, channel);
    if (ch->count == ch->cap)
        grow(ch);
    sub = mem_alloc(sizeof *sub);
    sub->channel = ch;
    sub->subscriber = s;
    sub->index = ch->count;
    sub->tag = tag;
    members(ch)[ch->count++] = sub;
    list_add_before(&s->subscriptions, &sub->of_subscriber);
}

void hub_unsubscribe(struct hub *h, struct subscriber *s, struct str channel)
{
    const struct channel *ch = map_get(&h->channels, channel);
    struct subscription *sub = ch ? find(s, ch) : NULL;
    if (sub)
        leave(h, sub);
}

size_t hub_channels(const struct subscriber *s)
{
    size_t count = 0;
    LIST_EACH (node, &s->subscriptions)
        count++;
    return count;
}

void hub_each_channel(const struct subscriber *s,
                      void (*call)(void *arg, struct str channel, uint8_t tag), void *arg)
{
    LIST_EACH (node, &s->subscriptions) {
        const struct subscription *sub = LIST_ITEM(node, struct subscription, of_subscriber);
        call(arg, (struct str){sub->channel->name, sub->channel->name_len}, sub->tag);
    }
}

void hub_leave(struct hub *h, struct subscriber *s)
{
    LIST_EACH (node, &s->subscriptions)
        leave(h, LIST_ITEM(node, struct subscription, of_subscriber));
}

/* The members who do not bear the event's mark yet. */
static void publish_to(struct hub *h, struct channel *ch,
                       void (*deliver)(void *arg, struct subscriber *s, uint8_t tag), void *arg)
{
    ch->walked = true;
    for (uint32_t i = ch->count; i > 0; i = i - 1 < ch->count ? i - 1 : ch->count) {
        const struct subscription *sub = members(ch)[i - 1];
        struct subscriber *s = sub->subscriber;
        if (s->last_event == h->events)
            continue;
        s->last_event = h->events;
        deliver(arg, s, sub->tag);
    }
    ch->walked = false;
    if (ch->count == 0)
        free_channel(h, ch);
}

void hub_publish(struct hub *h, const struct str *channels, size_t count,
                 void (*deliver)(void *arg, struct subscriber *s, uint8_t tag), void *arg)
{
    CHECK(!h->publishing);
    h->publishing = true;
    h->events++;
    for (size_t i = 0; i < count; i++) {
        struct channel *ch = map_get(&h->channels, channels[i]);
        if (ch)
            publish_to(h, ch, deliver, arg);
    }
    h->publishing = false;
}

size_t hub_listeners(const struct hub *h, struct str channel)
{
    const struct channel *ch = map_get(&h->channels, channel);
    return ch ? ch->count : 0;
}
