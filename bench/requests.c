/* requests.c - what the load generators send over HTTP. */
#include "requests.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "load.h"

#define FILE_MAX  (1 << 20)
#define MARK      "################"
#define MARK_LEN  (sizeof MARK - 1)
#define MARKS_MAX 4

/* One request of the file. */
struct form {
    const char *text;        /* of REQUEST_MAX bytes at most, in all.file */
    size_t len;              /* of the text */
    size_t marks[MARKS_MAX]; /* where a fresh number goes */
    size_t mark_count;       /* of those */
};

static struct {
    char file[FILE_MAX + 1]; /* all requests */
    struct form *forms;      /* what is sent, in turn */
    size_t form_count;       /* of those */
    uint64_t turn;           /* requests sent so far */
    uint64_t fresh;          /* the next number of a mark */
} all;

size_t message_length(const char *text)
{
    const char *end = strstr(text, "\r\n\r\n");
    if (!end)
        return 0;
    const char *length = strcasestr(text, "\r\ncontent-length:");
    size_t body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
    return (size_t)(end - text) + 4 + body;
}

static void add_form(const char *text, size_t len)
{
    struct form *f = &all.forms[all.form_count++];
    *f = (struct form){.text = text, .len = len};
    if (len == 0 || len > REQUEST_MAX)
        load_fail("--request FILE holds what is no request");
    const char *mark = memmem(text, len, MARK, MARK_LEN);
    while (mark && f->mark_count < MARKS_MAX) {
        f->marks[f->mark_count++] = (size_t)(mark - text);
        mark += MARK_LEN;
        mark = memmem(mark, len - (size_t)(mark - text), MARK, MARK_LEN);
    }
}

void requests_read(const char *path)
{
    FILE *f = path ? fopen(path, "rb") : NULL;
    if (!f)
        load_fail("--request FILE");
    size_t size = fread(all.file, 1, FILE_MAX, f);
    fclose(f);
    all.forms = calloc(size / 4 + 1, sizeof *all.forms);
    for (size_t at = 0; at < size; at += all.forms[all.form_count - 1].len) {
        size_t len = message_length(all.file + at);
        add_form(all.file + at, len > size - at ? 0 : len);
    }
    if (all.form_count == 0)
        load_fail("--request FILE is empty");
    all.fresh = (uint64_t)clock_utc_us() << 12;
}

size_t requests_next(char *out)
{
    const struct form *f = &all.forms[all.turn++ % all.form_count];
    memcpy(out, f->text, f->len);
    for (size_t i = 0; i < f->mark_count; i++) {
        char number[MARK_LEN + 1];
        snprintf(number, sizeof number, "%016llx", (unsigned long long)all.fresh++);
        memcpy(out + f->marks[i], number, MARK_LEN);
    }
    return f->len;
}

size_t message_receive(int fd, char *text, size_t size, size_t *got)
{
    ssize_t n = read(fd, text + *got, size - 1 - *got);
    if (n <= 0)
        load_fail("answer");
    *got += (size_t)n;
    text[*got] = '\0';
    size_t length = message_length(text);
    return *got < length ? 0 : length;
}
