/* load.h - what the load generators share: connections to one local server, and a histogram. */
#ifndef PESAN_BENCH_LOAD_H
#define PESAN_BENCH_LOAD_H

#include <stdint.h>
#include <stdio.h>

#define LATENCY_MAX_US 20000000
#define LOAD_HEAD_MAX  1024 /* bytes of an answer's head */

/* Latencies counted by the microsecond; what is longer than LATENCY_MAX_US counts as that. */
struct histogram {
    uint32_t *counts; /* LATENCY_MAX_US + 1 of them */
    uint64_t total;
};

void histogram_init(struct histogram *h);
void histogram_add(struct histogram *h, int64_t us);

/* The latency that `share` (0..1) of all stayed under, in microseconds. */
int64_t histogram_at(const struct histogram *h, double share);

/* A connected, non-blocking TCP socket to 127.0.0.1:port with TCP_NODELAY. Ends the program with a
 * message when the server does not answer. */
int load_connect(int port);

/* Open a WebSocket at `path` on a connected socket and wait for its 101; ends the program
 * otherwise. What the server sent behind the head is put there; returns its length. */
size_t load_upgrade(int fd, const char *path, uint8_t behind[LOAD_HEAD_MAX]);

/* The value of "--name VALUE" among the arguments, or `otherwise`. */
const char *load_option(int argc, char **argv, const char *name, const char *otherwise);
long load_number(int argc, char **argv, const char *name, long otherwise);

_Noreturn void load_fail(const char *what);

#endif
