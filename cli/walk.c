/* How it works: folders wait in a list and are read one by one, so that no depth is too deep for a
 * stack. Hidden names are left out, as are links, which might lead in circles or out. */
#include "cli/walk.h"

#include "storage/disk.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

struct folders {
    char **paths;
    size_t count;
    size_t capacity;
};

static char *walk_copy(const struct copse_memory *memory, const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = copse_memory_new(memory, size, 1);
    if (path != NULL) {
        (void)snprintf(path, size, "%s%s%s", folder, folder[0] == '\0' ? "" : "/", name);
    }
    return path;
}

static bool walk_ends(const char *name, const char *const *endings)
{
    size_t size = strlen(name);
    for (; *endings != NULL; endings++) {
        size_t ending = strlen(*endings);
        if (size > ending && strcasecmp(name + size - ending, *endings) == 0) {
            return true;
        }
    }
    return false;
}

/* Put a path at the end of a list that takes it over. */
static enum copse_err walk_keep(const struct copse_memory *memory, char ***paths, size_t *count,
                                size_t *capacity, char *path)
{
    if (path == NULL ||
        copse_memory_grow(memory, paths, capacity, *count + 1, sizeof(**paths)) != COPSE_OK) {
        copse_memory_free(memory, path);
        return COPSE_ERR_NOMEM;
    }
    (*paths)[(*count)++] = path;
    return COPSE_OK;
}

/* One name in a folder: a folder waits, a file is kept, all else is counted. */
static enum copse_err walk_name(struct copse_walk *walk, struct folders *folders, const char *root,
                                const char *folder, const char *name, const char *const *endings)
{
    char path[COPSE_FILES_PATH_MAX];
    struct stat status;
    if (name[0] == '.') {
        walk->other_count += strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
        return COPSE_OK;
    }
    int size =
        snprintf(path, sizeof(path), "%s/%s%s%s", root, folder, folder[0] == '\0' ? "" : "/", name);
    if (size < 0 || (size_t)size >= sizeof(path) || lstat(path, &status) != 0) {
        walk->other_count++;
        return COPSE_OK;
    }
    if (S_ISLNK(status.st_mode)) {
        walk->link_count++;
        return COPSE_OK;
    }
    if (S_ISDIR(status.st_mode)) {
        return walk_keep(walk->memory, &folders->paths, &folders->count, &folders->capacity,
                         walk_copy(walk->memory, folder, name));
    }
    if (!S_ISREG(status.st_mode) || !walk_ends(name, endings)) {
        walk->other_count++;
        return COPSE_OK;
    }
    if (walk->count == COPSE_WALK_FILES_MAX) {
        return COPSE_ERR_LIMIT;
    }
    return walk_keep(walk->memory, &walk->paths, &walk->count, &walk->capacity,
                     walk_copy(walk->memory, folder, name));
}

static enum copse_err walk_unread(struct copse_error *error, const char *path)
{
    int code = errno;
    enum copse_err err = code == ENOTDIR ? COPSE_ERR_NOT_FOUND : copse_disk_error(code);
    return copse_error_set(error, err, "cannot read the folder %s: %s", path, strerror(code));
}

static enum copse_err walk_folder(struct copse_walk *walk, struct folders *folders,
                                  const char *root, const char *folder, const char *const *endings,
                                  struct copse_error *error)
{
    char path[COPSE_FILES_PATH_MAX];
    int size = snprintf(path, sizeof(path), "%s%s%s", root, folder[0] == '\0' ? "" : "/", folder);
    if (size < 0 || (size_t)size >= sizeof(path)) {
        return copse_error_set(error, COPSE_ERR_LIMIT, "the path is too long: %s", path);
    }
    DIR *directory = opendir(path);
    if (directory == NULL) {
        return walk_unread(error, path);
    }
    enum copse_err err = COPSE_OK;
    const struct dirent *name;
    errno = 0; /* NULL is the end, or an error when this is set */
    while (err == COPSE_OK && (name = readdir(directory)) != NULL) {
        err = walk_name(walk, folders, root, folder, name->d_name, endings);
        errno = 0;
    }
    if (err == COPSE_OK && errno != 0) {
        err = walk_unread(error, path);
    }
    (void)closedir(directory);
    return err;
}

static int walk_compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

enum copse_err copse_walk_init(struct copse_walk *out, const char *folder,
                               const char *const *endings, const struct copse_memory *memory,
                               struct copse_error *error)
{
    struct folders folders = {.count = 0};
    struct copse_walk walk = {.memory = memory};
    enum copse_err err = walk_folder(&walk, &folders, folder, "", endings, error);
    while (err == COPSE_OK && folders.count > 0) {
        char *next = folders.paths[--folders.count];
        struct copse_error reason = {.text = ""};
        err = walk_folder(&walk, &folders, folder, next, endings, &reason);
        if (err == COPSE_ERR_IO || err == COPSE_ERR_NOT_FOUND) {
            /* It stands among the files: who reads it is told why that cannot be. */
            err = walk_keep(memory, &walk.paths, &walk.count, &walk.capacity, next);
            continue;
        }
        copse_memory_free(memory, next);
        if (err != COPSE_OK) {
            *error = reason;
        }
    }
    while (folders.count > 0) {
        copse_memory_free(memory, folders.paths[--folders.count]);
    }
    copse_memory_free(memory, folders.paths);
    if (err != COPSE_OK) {
        copse_walk_deinit(&walk);
        return err;
    }
    if (walk.count > 0) {
        qsort(walk.paths, walk.count, sizeof(*walk.paths), walk_compare);
    }
    *out = walk;
    return COPSE_OK;
}

void copse_walk_deinit(struct copse_walk *walk)
{
    for (size_t i = 0; i < walk->count; i++) {
        copse_memory_free(walk->memory, walk->paths[i]);
    }
    copse_memory_free(walk->memory, walk->paths);
    *walk = (struct copse_walk){.memory = walk->memory};
}
