/* sink/redis/tls.c — see tls.h. */
#include "sink/redis/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sk_redis_tls {
	SSL_CTX *ctx;
	SSL *ssl;
	char why[200];
};

static const char *last_error(char *buf, size_t size)
{
	unsigned long code = ERR_get_error();
	const char *text = code ? ERR_reason_error_string(code) : NULL;

	snprintf(buf, size, "%s", text ? text : "unknown error");
	ERR_clear_error();
	return buf;
}

static int load_files(struct sk_redis_tls *t, const struct sk_redis_tls_conf *c, struct sk_error *e)
{
	const char *key = c->key ? c->key : c->cert;
	char why[128];

	if (c->ca ? SSL_CTX_load_verify_locations(t->ctx, c->ca, NULL) != 1 : SSL_CTX_set_default_verify_paths(t->ctx) != 1)
		return sk_error_set(e, SK_E_CONFIG, "redis.tls_ca: cannot read %s: %s", c->ca ? c->ca : "the system's certificates",
				    last_error(why, sizeof(why)));
	if (c->cert && SSL_CTX_use_certificate_chain_file(t->ctx, c->cert) != 1)
		return sk_error_set(e, SK_E_CONFIG, "redis.tls_cert: cannot read %s: %s", c->cert, last_error(why, sizeof(why)));
	if (key && (SSL_CTX_use_PrivateKey_file(t->ctx, key, SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(t->ctx) != 1))
		return sk_error_set(e, SK_E_CONFIG, "redis.tls_key: cannot use %s: %s", key, last_error(why, sizeof(why)));
	return 0;
}

static int set_name(SSL *ssl, const char *host)
{
	X509_VERIFY_PARAM *p = SSL_get0_param(ssl);

	if (X509_VERIFY_PARAM_set1_ip_asc(p, host) == 1)
		return 1;
	ERR_clear_error();
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	/* SSL_set_tlsext_host_name() without its cast, at which clang warns; the name is only read */
	return SSL_set1_host(ssl, host) == 1 &&
	       SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, (void *)(uintptr_t)host) == 1;
}

struct sk_redis_tls *sk_redis_tls_new(const struct sk_redis_tls_conf *conf, int fd, struct sk_error *e)
{
	struct sk_redis_tls *t = calloc(1, sizeof(*t));

	if (!t) {
		sk_error_set(e, SK_E_MEMORY, "not enough memory");
		return NULL;
	}
	ERR_clear_error();
	t->ctx = SSL_CTX_new(TLS_client_method());
	if (!t->ctx || SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION) != 1) {
		sk_error_set(e, SK_E_MEMORY, "TLS cannot be set up");
		goto failed;
	}
	if (load_files(t, conf, e) < 0)
		goto failed;
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(t->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	t->ssl = SSL_new(t->ctx);
	if (!t->ssl || !set_name(t->ssl, conf->host) || (fd >= 0 && SSL_set_fd(t->ssl, fd) != 1)) {
		sk_error_set(e, SK_E_MEMORY, "TLS cannot be set up");
		goto failed;
	}
	return t;
failed:
	sk_redis_tls_free(t);
	return NULL;
}

void sk_redis_tls_free(struct sk_redis_tls *t)
{
	if (!t)
		return;
	SSL_free(t->ssl);
	SSL_CTX_free(t->ctx);
	free(t);
}

static int result(struct sk_redis_tls *t, int rc, short *events)
{
	long verify = SSL_get_verify_result(t->ssl);
	int system = errno;

	switch (SSL_get_error(t->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		*events = POLLIN;
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_WANT_WRITE:
		*events = POLLOUT;
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SYSCALL:
		ERR_clear_error();
		errno = system;
		return system ? -1 : 0;
	default:
		if (verify != X509_V_OK)
			snprintf(t->why, sizeof(t->why), "the server's certificate is not accepted: %s", X509_verify_cert_error_string(verify));
		else
			last_error(t->why, sizeof(t->why));
		ERR_clear_error();
		errno = EPROTO;
		return -1;
	}
}

int sk_redis_tls_handshake(struct sk_redis_tls *t, short *events)
{
	int rc;

	errno = 0;
	rc = SSL_connect(t->ssl);
	if (rc == 1)
		return 0;
	rc = result(t, rc, events);
	if (rc == 0)
		errno = ECONNRESET;
	return -1;
}

ssize_t sk_redis_tls_read(struct sk_redis_tls *t, void *p, size_t n, short *events)
{
	size_t got = 0;

	errno = 0;
	return SSL_read_ex(t->ssl, p, n, &got) == 1 ? (ssize_t)got : result(t, 0, events);
}

ssize_t sk_redis_tls_write(struct sk_redis_tls *t, const void *p, size_t n, short *events)
{
	size_t put = 0;

	errno = 0;
	return SSL_write_ex(t->ssl, p, n, &put) == 1 ? (ssize_t)put : result(t, 0, events);
}

const char *sk_redis_tls_why(struct sk_redis_tls *t, char *buf, size_t size)
{
	snprintf(buf, size, "TLS: %s", t->why);
	return buf;
}
