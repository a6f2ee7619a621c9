/* gateway_config.c - which gateway to ask, from the configuration. */
#include <stdio.h>

#include "payment/gateway.h"

#define PRODUCTION_URL "https://api.midtrans.com"
#define SANDBOX_URL    "https://api.sandbox.midtrans.com"
#define NOTIFY_PATH    "/payments/midtrans/notification"

static bool plays(const struct app_config *config)
{
    return config->demo || config->sandbox;
}

struct str gateway_key(const struct app_config *config)
{
    if (config->midtrans_server_key[0])
        return str_of(config->midtrans_server_key);
    return plays(config) ? STR(GATEWAY_SANDBOX_KEY) : (struct str){NULL, 0};
}

void gateway_own_url(const struct app *app, char out[GATEWAY_URL_MAX])
{
    const char *listen = app_config(app)->listen;
    const char *colon = strrchr(listen, ':');
    struct str host = colon ? (struct str){listen, (size_t)(colon - listen)} : STR("");
    bool any = host.len == 0 || host.len > 200 || str_is(host, "0.0.0.0") || str_is(host, "[::]") ||
               str_is(host, "::") || str_is(host, "*") || str_is(host, "localhost");
    if (any)
        host = STR("127.0.0.1");
    snprintf(out, GATEWAY_URL_MAX, "http://%.*s:%d", STR_ARG(host), app_port(app));
}

/* https, or plain http where nobody listens in or nothing is at stake. */
static bool url_sound(const char *url, struct str key)
{
    struct str s = str_of(url);
    if (str_starts(s, STR("https://")))
        return true;
    return str_starts(s, STR("http://")) && (http_url_loopback(s) || str_starts(key, STR("SB-")));
}

static bool key_sound(struct str key)
{
    for (size_t i = 0; i < key.len; i++) {
        if (key.at[i] <= ' ' || key.at[i] > '~')
            return false;
    }
    return key.len > 0 && key.len < 200;
}

static char *without_slash(const char *url)
{
    char *copy = mem_strdup(url);
    size_t len = strlen(copy);
    while (len > 0 && copy[len - 1] == '/')
        copy[--len] = '\0';
    return copy;
}

/* Where the gateway is; NULL: nowhere. */
static char *base_url(const struct app *app, struct str key)
{
    const struct app_config *config = app_config(app);
    char own[GATEWAY_URL_MAX], sandbox[GATEWAY_URL_MAX + 16];
    if (config->midtrans_url[0])
        return without_slash(config->midtrans_url);
    if (config->midtrans_server_key[0])
        return mem_strdup(str_starts(key, STR("SB-")) ? SANDBOX_URL : PRODUCTION_URL);
    if (!plays(config) || !app_has_service(app, "sandbox"))
        return NULL;
    gateway_own_url(app, own);
    snprintf(sandbox, sizeof sandbox, "%s/sandbox", own);
    return mem_strdup(sandbox);
}

/* Where the gateway shall notify us. One elsewhere can only reach us by the public address; without
 * that it notifies where its own settings say. */
static char *notify_header(const struct app *app, const char *url)
{
    const struct app_config *config = app_config(app);
    char own[GATEWAY_URL_MAX], line[GATEWAY_URL_MAX + 100];
    bool built_in = !config->midtrans_url[0] && !config->midtrans_server_key[0];
    if (built_in || http_url_loopback(str_of(url)))
        gateway_own_url(app, own);
    else if (config->public_url[0])
        snprintf(own, sizeof own, "%s", config->public_url);
    else
        return NULL;
    char *base = without_slash(own);
    snprintf(line, sizeof line, "X-Override-Notification: %s" NOTIFY_PATH, base);
    mem_free(base);
    return mem_strdup(line);
}

static bool sound(const struct app_config *config, struct str key, const char **why_r)
{
    *why_r = NULL;
    if (key.at && !key_sound(key))
        *why_r = "midtrans-server-key must be printable and without blanks";
    else if (config->midtrans_url[0] && !key.at)
        *why_r = "midtrans-url needs midtrans-server-key";
    else if (config->midtrans_url[0] && !url_sound(config->midtrans_url, key))
        *why_r = "midtrans-url must begin with https:// (http:// only with a sandbox's key)";
    else if (strlen(config->public_url) > GATEWAY_URL_MAX - 20)
        *why_r = "public-url is too long";
    return *why_r == NULL;
}

bool gateway_init(struct gateway *g, const struct app *app, const char **why_r)
{
    const struct app_config *config = app_config(app);
    struct str key = gateway_key(config);
    *g = (struct gateway){.sweep_us = config->sweep_ms * 1000, .minutes = config->payment_minutes};
    if (!sound(config, key, why_r))
        return false;
    g->url = base_url(app, key);
    if (g->url) {
        CHECK(key.at); /* an address without a key was refused */
        g->key = mem_alloc(key.len + 1);
        memcpy(g->key, key.at, key.len);
        g->notify = notify_header(app, g->url);
    }
    return true;
}

void gateway_fini(struct gateway *g)
{
    mem_free(g->url);
    mem_free(g->key);
    mem_free(g->notify);
    *g = (struct gateway){0};
}
