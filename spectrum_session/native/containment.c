/* Finds trees of a scene that reach outside the box that they were given.
 *
 * A tree is judged by what stands in the scene, right before it is drawn or asked what is at a
 * point: nothing depends on having heard of each change. Knows no header of wlroots: the walk is
 * wlroots' own (wlr_scene_node_for_each_buffer), the places of fields come from the caller.
 */
#include <stddef.h>
#include <stdint.h>

struct contained {
    struct contained *previous, *next;
    void *node;              /* struct wlr_scene_node * */
    int x, y, width, height; /* its box, in the coordinates of the node's parent */
    int outside;             /* of the last check: a buffer of it reached outside */
};

typedef void (*visitor)(void *buffer, int x, int y, void *data);

static struct contained *first_contained;
static void (*for_each_buffer)(void *node, visitor visit, void *data);
static size_t size_offset, buffer_offset;

/* The functions and fields to use: dst_width and dst_height, which follow each other, and buffer of
 * struct wlr_scene_buffer. */
static void contain_setup(uintptr_t for_each, size_t dst_width, size_t buffer) {
    for_each_buffer = (void (*)(void *, visitor, void *))for_each;
    size_offset = dst_width;
    buffer_offset = buffer;
    first_contained = NULL;
}

static void contain_add(struct contained *one) {
    one->previous = NULL;
    one->next = first_contained;
    if (first_contained)
        first_contained->previous = one;
    first_contained = one;
}

static void contain_remove(struct contained *one) {
    if (one->previous)
        one->previous->next = one->next;
    else if (first_contained == one)
        first_contained = one->next;
    if (one->next)
        one->next->previous = one->previous;
    one->previous = one->next = NULL;
}

static void judge(void *buffer, int x, int y, void *data) {
    struct contained *one = data;
    const int *size = (const int *)((const char *)buffer + size_offset);
    if (size[0] <= 0 || size[1] <= 0) {
        /* As large as its picture, which a surface's never is: without one it shows nothing. */
        if (*(void *const *)((const char *)buffer + buffer_offset))
            one->outside = 1;
        return;
    }
    if (x < one->x || y < one->y || (int64_t)x + size[0] > (int64_t)one->x + one->width ||
        (int64_t)y + size[1] > (int64_t)one->y + one->height)
        one->outside = 1;
}

/* How many trees reach outside; `outside` of each says which. */
static int contain_check(void) {
    int count = 0;
    for (struct contained *one = first_contained; one; one = one->next) {
        one->outside = 0;
        for_each_buffer(one->node, judge, one);
        count += one->outside;
    }
    return count;
}
