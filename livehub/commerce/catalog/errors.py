"""What can go wrong with the catalogue beyond a single product: categories, files, counts."""

from livehub.errors import Conflict, InvalidInput, LivehubError, NotFound


class CategoryNotFound(NotFound):
    """Also for a category of somebody else's store."""

    code, title = "category_not_found", "There is no such category"


class ImportNotFound(NotFound):
    """Also for somebody else's."""

    code, title = "import_not_found", "There is no such import"


class CategoryTaken(Conflict):
    code, title = "category_taken", "There is a category of this name at this place"


class TooManyCategories(Conflict):
    code, title = "too_many_categories", "The store has as many categories as it may have"


class ImportRunning(Conflict):
    """``import`` names it: one file is taken in at a time."""

    code, title = "import_running", "A file is being taken in already"


class ImportNotReady(Conflict):
    """``state`` says what it is; only one that was read can be confirmed."""

    code, title = "import_not_ready", "This import cannot be confirmed now"


class ImportHasErrors(Conflict):
    """``errors`` says how many products have some; ``skip_errors`` leaves those out."""

    code, title = "import_has_errors", "Some lines have errors"


class StockShort(Conflict):
    """More is asked of a variant's stock than is free: other offers hold the rest."""

    code, title = "stock_short", "There is not that much free stock"


class ProductChanged(Conflict):
    """What it was made from is not there any more: ``changed`` names the fields, ``product`` is what there is."""

    code, title = "product_changed", "The product has changed since you read it"


class StockChanged(LivehubError):
    """A count was made from a level that is not there any more; ``level`` is what there is now (RFC 9110 15.5.13)."""

    code, status, title = "stock_changed", 412, "The stock has changed since you read it"


class VersionMissing(LivehubError):
    """An absolute count without the version it was made from would undo what happened meanwhile (RFC 6585 3)."""

    code, status, title = "version_missing", 428, "Send the version you counted from (If-Match), or * to overrule"


class PictureNotFound(NotFound):
    code, title = "picture_not_found", "The product has no such picture"


class PicturesChanged(Conflict):
    """An order of pictures names each of them once."""

    code, title = "pictures_changed", "The product has other pictures by now"


class TooManyPictures(Conflict):
    """``limit`` says how many a product may have."""

    code, title = "too_many_pictures", "The product has as many pictures as it may have"


class PictureNotFetched(InvalidInput):
    """The code says why: ``picture_refused`` (not of the public internet), ``picture_unreachable``,
    ``picture_unreadable``."""

    code, title = "picture_unreachable", "The picture could not be fetched from there"
