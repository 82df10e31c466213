/* How it works: the heap behind a countdown; a failed request leaves the old room as it was. */
#include "tests/support/fault.h"

#include "tests/support/cmocka.h"

static void *fault_resize(void *context, void *old, size_t size)
{
    struct copse_fault *fault = context;
    const struct copse_memory *heap = copse_memory_heap();
    if (size == 0) {
        fault->live_count -= old != NULL ? 1 : 0;
        return heap->resize(heap->context, old, 0);
    }
    fault->request_count++;
    if (fault->requests_left > 0 && --fault->requests_left == 0) {
        fault->happened = true;
        return NULL;
    }
    void *fresh = heap->resize(heap->context, old, size);
    fault->live_count += old == NULL && fresh != NULL ? 1 : 0;
    return fresh;
}

void copse_fault_init(struct copse_fault *fault, size_t fail_at)
{
    *fault = (struct copse_fault){
        .memory = {fault_resize, fault},
        .requests_left = fail_at,
    };
}

size_t copse_fault_sweep(copse_fault_operation operation, void *context)
{
    for (size_t fail_at = 1;; fail_at++) {
        struct copse_fault fault;
        copse_fault_init(&fault, fail_at);
        enum copse_err err = operation(&fault.memory, context);
        if (fault.live_count != 0) {
            fail_msg("%zu allocations left behind when request %zu failed", fault.live_count,
                     fail_at);
        }
        if (!fault.happened) {
            assert_int_equal(err, COPSE_OK);
            return fail_at - 1;
        }
        if (err != COPSE_ERR_NOMEM) {
            fail_msg("request %zu failed and the operation said %s", fail_at,
                     copse_error_name(err));
        }
    }
}
