/* Replays saved inputs through a fuzz target without libFuzzer, so that ctest runs every corpus
 * with any compiler: fuzz_reader CORPUS_FOLDER_OR_FILE...
 *
 * How it works: each input is given whole in room of exactly its size, where the address
 * sanitizer sees a read past the end; then, to get more out of a small corpus, every shorter
 * beginning of a small input as well.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_BYTES = 4096, BEGINNINGS_MAX = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run_exactly(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size > 0 ? size : 1);
    if (exact == NULL) {
        (void)fprintf(stderr, "out of memory\n");
        exit(EXIT_FAILURE);
    }
    memcpy(exact, data, size);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

static uint8_t *load(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size + 1);
    if (file == NULL || data == NULL || fread(data, 1, size, file) != size || fclose(file) != 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    return data;
}

static size_t run_file(const char *path, size_t size)
{
    uint8_t *data = load(path, size);
    size_t beginnings = size < BEGINNINGS_MAX ? size : 0;
    for (size_t i = 0; i < beginnings; i++) {
        run_exactly(data, i);
    }
    run_exactly(data, size);
    free(data);
    return 1;
}

static size_t run_path(const char *path)
{
    struct stat about;
    if (stat(path, &about) != 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    if (!S_ISDIR(about.st_mode)) {
        return run_file(path, (size_t)about.st_size);
    }
    struct dirent **names = NULL;
    int count = scandir(path, &names, NULL, alphasort);
    size_t ran = 0;
    for (int i = 0; i < count; i++) {
        char inside[PATH_BYTES];
        int length = snprintf(inside, sizeof inside, "%s/%s", path, names[i]->d_name);
        if (names[i]->d_name[0] != '.' && length > 0 && length < PATH_BYTES &&
            stat(inside, &about) == 0 && S_ISREG(about.st_mode)) {
            ran += run_file(inside, (size_t)about.st_size);
        }
        free(names[i]);
    }
    free(names);
    return ran;
}

int main(int argc, char **argv)
{
    size_t ran = 0;
    for (int i = 1; i < argc; i++) {
        ran += run_path(argv[i]);
    }
    (void)printf("%zu inputs replayed\n", ran);
    /* A corpus that has gone missing must not look like one that passed. */
    return ran > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
