/* A crowd of strangers: opens COUNT connections, each from an address of its own on this machine,
 * says nothing, and holds them until it is killed.
 *
 *   copse_crowd HOST:PORT COUNT    prints a line when all have called
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* 127.1.x.y: all of 127/8 is this machine. */
static int crowd_call(const struct sockaddr_in *door, unsigned number)
{
    struct sockaddr_in own = {.sin_family = AF_INET};
    own.sin_addr.s_addr = htonl(0x7f010001u + number);
    int caller = socket(AF_INET, SOCK_STREAM, 0);
    if (caller < 0 || bind(caller, (const struct sockaddr *)&own, sizeof own) != 0) {
        return -1;
    }
    return connect(caller, (const struct sockaddr *)door, sizeof *door);
}

int main(int argc, char **argv)
{
    char host[32] = {0};
    struct sockaddr_in door = {.sin_family = AF_INET};
    const char *colon = argc == 3 ? strrchr(argv[1], ':') : NULL;
    if (colon == NULL || (size_t)(colon - argv[1]) >= sizeof host) {
        (void)fprintf(stderr, "usage: copse_crowd HOST:PORT COUNT\n");
        return 2;
    }
    memcpy(host, argv[1], (size_t)(colon - argv[1]));
    door.sin_port = htons((in_port_t)strtoul(colon + 1, NULL, 10));
    unsigned long count = strtoul(argv[2], NULL, 10);
    unsigned long called = 0;
    if (inet_pton(AF_INET, host, &door.sin_addr) != 1) {
        return 2;
    }
    for (unsigned number = 0; number < count; number++) {
        called += crowd_call(&door, number) == 0 ? 1 : 0;
    }
    (void)printf("%lu\n", called);
    (void)fflush(stdout);
    (void)pause();
    return 0;
}
