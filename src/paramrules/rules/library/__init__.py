"""Rule files that come with the package: `include <timm>`."""
