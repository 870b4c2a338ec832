"""The Python door: what `import meekcast` offers."""
