/* How it works: three numbers a patch, the first relative to the end of the patch before, so
 * that most are one byte long. Two patches never touch: what touches is one patch, so every
 * change has one form. */
#include "protocol/merge/text_shape.h"

#include "protocol/base/reader.h"
#include "protocol/base/writer.h"

#define NUMBERS_PER_PATCH 3u

/* SPEC 6.2: "Every patch deletes, inserts or sweeps, and between two patches lies at least one
 * unit." */
static bool is_patch_good(const struct copse_text_patch *patch, uint32_t gap, size_t index)
{
    if (patch->del == 0 && patch->ins == 0 && !patch->sweep) {
        return false;
    }
    return index == 0 || gap > 0;
}

enum copse_err copse_text_shape_decode(struct copse_text_shape *out, struct copse_slice bytes)
{
    struct copse_reader reader;
    copse_reader_init(&reader, bytes);
    size_t numbers =
        copse_reader_array(&reader, (size_t)COPSE_TEXT_SHAPE_PATCHES_MAX * NUMBERS_PER_PATCH);
    if (numbers % NUMBERS_PER_PATCH != 0) {
        return COPSE_ERR_DECODE;
    }
    size_t count = numbers / NUMBERS_PER_PATCH;
    uint32_t end = 0;
    uint32_t units = 0;
    for (size_t i = 0; i < count; i++) {
        struct copse_text_patch *patch = &out->patches[i];
        uint32_t gap = (uint32_t)copse_reader_uint(&reader, COPSE_TEXT_SHAPE_NUMBER_MAX);
        uint64_t del = copse_reader_uint(&reader, 2 * (uint64_t)COPSE_TEXT_SHAPE_NUMBER_MAX + 1);
        patch->pos = end + gap;
        patch->del = (uint32_t)(del >> 1);
        patch->sweep = (del & 1u) != 0;
        patch->ins = (uint32_t)copse_reader_uint(&reader, COPSE_TEXT_SHAPE_NUMBER_MAX);
        end = patch->pos + patch->del;
        units += patch->ins;
        /* At most 2^20 thrice: no sum overflows before this stops it. */
        if (!is_patch_good(patch, gap, i) || end > COPSE_TEXT_SHAPE_NUMBER_MAX ||
            units > COPSE_TEXT_SHAPE_NUMBER_MAX) {
            return COPSE_ERR_DECODE;
        }
    }
    out->count = count;
    out->units = units;
    return copse_reader_end(&reader);
}

enum copse_err copse_text_shape_encode(struct copse_slice *out,
                                       uint8_t room[COPSE_TEXT_SHAPE_BYTES_MAX],
                                       const struct copse_text_patch *patches, size_t count)
{
    COPSE_ASSERT(count <= COPSE_TEXT_SHAPE_PATCHES_MAX);
    struct copse_writer writer;
    copse_writer_init(&writer, room, COPSE_TEXT_SHAPE_BYTES_MAX);
    copse_writer_array(&writer, count * NUMBERS_PER_PATCH);
    uint32_t end = 0;
    for (size_t i = 0; i < count; i++) {
        COPSE_ASSERT(patches[i].pos >= end);
        uint32_t gap = patches[i].pos - end;
        COPSE_ASSERT(is_patch_good(&patches[i], gap, i));
        copse_writer_uint(&writer, gap);
        copse_writer_uint(&writer, 2 * (uint64_t)patches[i].del + (patches[i].sweep ? 1 : 0));
        copse_writer_uint(&writer, patches[i].ins);
        end = patches[i].pos + patches[i].del;
    }
    return copse_writer_end(out, &writer);
}

static size_t number_bytes(uint64_t number)
{
    if (number < 0x80) {
        return 1;
    }
    if (number < 0x100) {
        return 2;
    }
    return number < 0x10000 ? 3 : 5;
}

size_t copse_text_shape_patch_bytes(const struct copse_text_patch *patch, uint32_t gap)
{
    return number_bytes(gap) + number_bytes(2 * (uint64_t)patch->del + (patch->sweep ? 1 : 0)) +
           number_bytes(patch->ins);
}
