"""Builds `_pango.py`: the declarations of cairo and pango that drawing needs, for cffi.

Not PyGObject and pycairo: two compiled dependencies and GObject introspection, for 50 functions.
ABI mode: nothing is compiled, and the libraries are opened when something is first drawn. Run it
as a program to write the module beside this file; an installation does it by
`cffi_modules=["spectrum_session/labels/_pango_build.py:ffibuilder"]`.
"""

from __future__ import annotations

from pathlib import Path

from cffi import FFI  # type: ignore[import-untyped,unused-ignore]

ffibuilder = FFI()
ffibuilder.set_source("spectrum_session.labels._pango", None)
ffibuilder.cdef(
    """
    typedef int gboolean;

    /* cairo */
    typedef ... cairo_t;
    typedef ... cairo_surface_t;
    typedef ... cairo_font_options_t;

    cairo_surface_t *cairo_image_surface_create_for_data(
        unsigned char *data, int format, int width, int height, int stride);
    int cairo_surface_status(cairo_surface_t *surface);
    void cairo_surface_finish(cairo_surface_t *surface);
    void cairo_surface_destroy(cairo_surface_t *surface);
    const char *cairo_status_to_string(int status);

    cairo_t *cairo_create(cairo_surface_t *target);
    void cairo_destroy(cairo_t *cr);
    int cairo_status(cairo_t *cr);
    void cairo_save(cairo_t *cr);
    void cairo_restore(cairo_t *cr);
    void cairo_clip(cairo_t *cr);
    void cairo_set_source_rgba(cairo_t *cr, double r, double g, double b, double a);
    void cairo_set_line_width(cairo_t *cr, double width);
    void cairo_set_line_cap(cairo_t *cr, int cap);
    void cairo_set_line_join(cairo_t *cr, int join);
    void cairo_set_fill_rule(cairo_t *cr, int rule);
    void cairo_new_path(cairo_t *cr);
    void cairo_new_sub_path(cairo_t *cr);
    void cairo_move_to(cairo_t *cr, double x, double y);
    void cairo_line_to(cairo_t *cr, double x, double y);
    void cairo_arc(cairo_t *cr, double x, double y, double r, double from, double to);
    void cairo_arc_negative(cairo_t *cr, double x, double y, double r, double from, double to);
    void cairo_rectangle(cairo_t *cr, double x, double y, double width, double height);
    void cairo_close_path(cairo_t *cr);
    void cairo_fill(cairo_t *cr);
    void cairo_stroke(cairo_t *cr);

    cairo_font_options_t *cairo_font_options_create(void);
    void cairo_font_options_destroy(cairo_font_options_t *options);
    void cairo_font_options_set_antialias(cairo_font_options_t *options, int antialias);
    void cairo_font_options_set_hint_style(cairo_font_options_t *options, int style);
    void cairo_font_options_set_hint_metrics(cairo_font_options_t *options, int metrics);

    /* pango */
    typedef ... PangoFontMap;
    typedef ... PangoContext;
    typedef ... PangoLayout;
    typedef ... PangoFontDescription;
    typedef struct { int x; int y; int width; int height; } PangoRectangle;

    PangoContext *pango_font_map_create_context(PangoFontMap *map);
    void pango_context_set_base_dir(PangoContext *context, int direction);
    PangoFontDescription *pango_font_description_new(void);
    void pango_font_description_free(PangoFontDescription *desc);
    void pango_font_description_set_family(PangoFontDescription *desc, const char *family);
    void pango_font_description_set_weight(PangoFontDescription *desc, int weight);
    void pango_font_description_set_absolute_size(PangoFontDescription *desc, double size);
    PangoLayout *pango_layout_new(PangoContext *context);
    void pango_layout_set_text(PangoLayout *layout, const char *text, int length);
    void pango_layout_set_font_description(PangoLayout *layout, const PangoFontDescription *desc);
    void pango_layout_set_width(PangoLayout *layout, int width);
    void pango_layout_set_height(PangoLayout *layout, int height);
    void pango_layout_set_wrap(PangoLayout *layout, int wrap);
    void pango_layout_set_ellipsize(PangoLayout *layout, int ellipsize);
    void pango_layout_set_auto_dir(PangoLayout *layout, gboolean auto_dir);
    void pango_layout_set_single_paragraph_mode(PangoLayout *layout, gboolean setting);
    void pango_layout_get_size(PangoLayout *layout, int *width, int *height);
    void pango_layout_get_extents(
        PangoLayout *layout, PangoRectangle *ink, PangoRectangle *logical);
    int pango_layout_get_baseline(PangoLayout *layout);
    gboolean pango_layout_is_ellipsized(PangoLayout *layout);

    /* pangocairo */
    PangoFontMap *pango_cairo_font_map_get_default(void);
    void pango_cairo_context_set_font_options(
        PangoContext *context, const cairo_font_options_t *options);
    void pango_cairo_show_layout(cairo_t *cr, PangoLayout *layout);

    /* gobject */
    void g_object_unref(void *object);
    """
)

if __name__ == "__main__":
    ffibuilder.emit_python_code(str(Path(__file__).with_name("_pango.py")))
