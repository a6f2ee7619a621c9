/* requests.h - the HTTP/1.1 requests a load generator sends: whole ones, heads and bodies, read
 * from a file where they stand one behind the other. */
#ifndef PESAN_BENCH_REQUESTS_H
#define PESAN_BENCH_REQUESTS_H

#include <stddef.h>

#define REQUEST_MAX 65536 /* bytes of one request */

/* Read the file (1 MB at most); ends the program with a message when it holds anything else. */
void requests_read(const char *path);

/* Write the next request, in turn, to `out`, which has room for REQUEST_MAX bytes: as it stands in
 * the file, but for every run of sixteen '#', which becomes a number nobody had before. Returns its
 * length. */
size_t requests_next(char *out);

/* The length of a whole message, head and body, once its head is there, else 0. `text` ends with
 * NUL. */
size_t message_length(const char *text);

/* Read more of an answer into `text`, which holds `*got` bytes of it so far and has room for
 * `size`, a NUL behind included; ends the program when the server has gone. Returns its length once
 * it is whole, else 0. */
size_t message_receive(int fd, char *text, size_t size, size_t *got);

#endif
