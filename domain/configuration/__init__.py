"""The whole configuration as one file: exported, planned against what there is, imported whole or not at all.

``document`` reads and writes the bytes, ``sections`` says what may stand in them, ``plan`` what an import
would change, ``importing`` does it, ``exporting`` makes the file.
"""
