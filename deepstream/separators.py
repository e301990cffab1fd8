"""The characters that separate values in lists of DeepStream."""


def percent_encode_separators(url: str) -> str:
    """The address with the characters encoded that separate addresses in lists: `,` and `;`."""
    return url.replace(",", "%2C").replace(";", "%3B")
