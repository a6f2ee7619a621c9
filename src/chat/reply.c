/* reply.c - what the shop's people say often: reads the table of replies. */
#include "chat/reply.h"

static const struct {
    const char *id;               /* "soon" */
    const char *text[LANG_COUNT]; /* to be sent */
} replies[] = {
#define REPLY(id, en, in, ko, pl)                                                                  \
    {id, {[LANG_EN] = en, [LANG_ID] = in, [LANG_KO] = ko, [LANG_PL] = pl}},
#include "chat/tbl/replies.h"
#undef REPLY
};

bool reply_find(struct str id, enum language language, struct str *text_r)
{
    for (size_t i = 0; i < ARRAY_LEN(replies); i++) {
        if (!str_is(id, replies[i].id))
            continue;
        *text_r = str_of(replies[i].text[language]);
        return true;
    }
    return false;
}

void reply_write_all(struct jout *j, enum language language)
{
    jout_key(j, "replies");
    jout_array(j);
    for (size_t i = 0; i < ARRAY_LEN(replies); i++) {
        jout_object(j);
        jout_field_cstr(j, "id", replies[i].id);
        jout_field_cstr(j, "text", replies[i].text[language]);
        jout_object_end(j);
    }
    jout_array_end(j);
}
