/* local.c - the command line's way to a house, running or not. */
#include "account/local.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define PATIENCE_S   30
#define TOKEN_LIFE_S 60
#define ANSWER_MAX   1000000

struct local {
    const struct app_config *config; /* of the folder */
    struct app_config own;           /* the same, changed for the house in this process */
    struct app *app;                 /* that house; NULL: a server runs */
    pthread_t thread;                /* runs it */
    struct token_key *key;           /* the folder's */
    struct buf path;                 /* of the socket, NUL-terminated */
};

/* ---- The house ---- */

/* A connection to whoever listens in the folder; -1 when nobody does. */
static int dial(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    if (strlen(path) >= sizeof to.sun_path)
        return -1;
    memcpy(to.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
        connect(fd, (const struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Only a folder that is a demo's already is opened as one. */
static bool is_demo(const struct app_config *config)
{
    struct buf path = {0};
    buf_addf(&path, "%s/demo", app_data_folder(config));
    bool demo = access(buf_cstr(&path), F_OK) == 0;
    buf_fini(&path);
    return demo;
}

static void *run_house(void *app)
{
    app_run(app);
    return NULL;
}

static bool start_house(struct local *l, const struct service *const *services, size_t count,
                        const char **why_r)
{
    l->own = *l->config;
    l->own.listen = "127.0.0.1:0";
    l->own.services = "account,shop";
    l->own.source = "";
    l->own.loops = 1;
    l->own.demo = is_demo(l->config);
    log_start(LOG_ERROR, LOG_TEXT);
    l->app = app_start(&l->own, services, count, why_r);
    if (!l->app)
        return false;
    CHECK(pthread_create(&l->thread, NULL, run_house, l->app) == 0);
    return true;
}

struct local *local_open(const struct app_config *config, const struct service *const *services,
                         size_t count, const char **why_r)
{
    struct local *l = mem_alloc(sizeof *l);
    l->config = config;
    int fd = dial(app_socket_path(config, &l->path));
    if (fd >= 0)
        close(fd);
    if (fd >= 0 || start_house(l, services, count, why_r))
        l->key =
            token_key_open(str_of(config->access_token_key), app_data_folder(config), false, why_r);
    if (!l->key)
        local_close(&l);
    return l;
}

void local_close(struct local **local)
{
    struct local *l = *local;
    if (!l)
        return;
    if (l->app) {
        app_quit(l->app);
        pthread_join(l->thread, NULL);
        app_free(&l->app);
    }
    log_stop();
    token_key_free(&l->key);
    buf_fini(&l->path);
    mem_free(l);
    *local = NULL;
}

/* ---- Questions ---- */

static void write_question(const struct local *l, struct buf *out, const char *method,
                           const char *path, struct str body)
{
    struct caller house = {.role = ROLE_ADMIN,
                           .id = STR(CALLER_HOUSE),
                           .username = STR(CALLER_HOUSE),
                           .expires_us = clock_utc_us() + TOKEN_LIFE_S * US_PER_S};
    buf_addf(out,
             "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
             "Content-Type: application/json\r\nContent-Length: %zu\r\nAuthorization: Bearer ",
             method, path, body.len);
    token_issue(l->key, &house, out);
    buf_add_cstr(out, "\r\n\r\n");
    buf_add_str(out, body);
}

static bool send_all(int fd, struct str bytes)
{
    while (bytes.len > 0) {
        ssize_t sent = send(fd, bytes.at, bytes.len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes.at += sent;
        bytes.len -= (size_t)sent;
    }
    return true;
}

static bool hear_all(int fd, struct buf *in)
{
    ssize_t got;
    while (in->len < ANSWER_MAX && (got = recv(fd, buf_reserve(in, 4096), 4096, 0)) != 0) {
        if (got < 0)
            return false;
        in->len += (size_t)got;
    }
    return true;
}

/* "HTTP/1.1 200 ..." and the body behind the empty line; 0 when it is no answer. */
static int read_answer(struct buf *in, json_t **answer_r)
{
    int status = 0;
    const char *why;
    const char *body = strstr(buf_cstr(in), "\r\n\r\n");
    if (!body || sscanf(in->at, "HTTP/1.1 %3d", &status) != 1)
        return 0;
    struct str text = {body + 4, (size_t)(in->at + in->len - body) - 4};
    if (text.len > 0)
        *answer_r = json_read(text, &why);
    return status;
}

int local_ask(struct local *l, const char *method, const char *path, struct str body,
              json_t **answer_r)
{
    struct buf question = {0};
    struct buf in = {0};
    int status = 0;
    *answer_r = NULL;
    int fd = dial(buf_cstr(&l->path));
    if (fd < 0)
        return 0;
    write_question(l, &question, method, path, body);
    if (send_all(fd, buf_str(&question)) && hear_all(fd, &in))
        status = read_answer(&in, answer_r);
    close(fd);
    explicit_bzero(question.at, question.len);
    buf_fini(&question);
    buf_fini(&in);
    return status;
}
