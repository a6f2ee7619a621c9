/* media_types.h - content types by the ending of a file's name. MEDIA_TYPE(ending, type) */

/* clang-format off */
MEDIA_TYPE("html",        "text/html; charset=utf-8")
MEDIA_TYPE("js",          "text/javascript; charset=utf-8")
MEDIA_TYPE("mjs",         "text/javascript; charset=utf-8")
MEDIA_TYPE("css",         "text/css; charset=utf-8")
MEDIA_TYPE("json",        "application/json")
MEDIA_TYPE("map",         "application/json")
MEDIA_TYPE("webmanifest", "application/manifest+json")
MEDIA_TYPE("txt",         "text/plain; charset=utf-8")
MEDIA_TYPE("svg",         "image/svg+xml")
MEDIA_TYPE("png",         "image/png")
MEDIA_TYPE("jpg",         "image/jpeg")
MEDIA_TYPE("jpeg",        "image/jpeg")
MEDIA_TYPE("webp",        "image/webp")
MEDIA_TYPE("gif",         "image/gif")
MEDIA_TYPE("ico",         "image/x-icon")
MEDIA_TYPE("woff2",       "font/woff2")
MEDIA_TYPE("woff",        "font/woff")
MEDIA_TYPE("mp3",         "audio/mpeg")
MEDIA_TYPE("ogg",         "audio/ogg")
MEDIA_TYPE("wav",         "audio/wav")
/* clang-format on */
