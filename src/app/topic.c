/* topic.c - the rows of the table of topics. */
#include "app/topic.h"

static const struct topic topics[] = {
#define TOPIC(name, text, owner, key, payload) {text, owner},
#include "app/tbl/topics.h"
#undef TOPIC
};

const struct topic *topic_find(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(topics); i++) {
        if (str_is(name, topics[i].name))
            return &topics[i];
    }
    return NULL;
}
