"""Widgets: values in, Dash component out; they know neither the store nor the pages."""
