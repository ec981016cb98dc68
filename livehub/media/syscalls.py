"""The three system calls of the media port, through cffi's ABI mode: no compiler is needed to install livehub."""

import errno
from typing import Any

import cffi

ffi: Any = cffi.FFI()
ffi.cdef(
    """
    struct iovec { void *iov_base; size_t iov_len; };
    struct msghdr {
        void *msg_name; unsigned int msg_namelen; struct iovec *msg_iov; size_t msg_iovlen;
        void *msg_control; size_t msg_controllen; int msg_flags;
    };
    struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
    int recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags, void *timeout);
    int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags);
    ssize_t sendto(int fd, const char *data, size_t size, int flags, const char *address, unsigned int address_size);
    """
)
libc: Any = ffi.dlopen(None)

MSG_DONTWAIT = 0x40
#: the kernel takes no more messages in one call (UIO_MAXIOV)
MAX_MESSAGES = 1024
WOULD_BLOCK = frozenset({errno.EAGAIN, errno.ENOBUFS})


def address_of(pointer: Any) -> int:
    return int(ffi.cast("uintptr_t", pointer))
