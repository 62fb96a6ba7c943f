// TRY(x) is the value of the Result x, or returns x's Error from this
// function.  For .cc files only: a public header never includes this one.

#pragma once

#include "vhd/base/result.h"

#define DRYDOCK_JOIN2(a, b) a##b
#define DRYDOCK_JOIN(a, b) DRYDOCK_JOIN2(a, b)
#define DRYDOCK_TRY(name, ...)        \
  __extension__({                     \
    auto&& name = (__VA_ARGS__);      \
    if (!name) [[unlikely]]           \
      return std::move(name).error(); \
    *std::move(name);                 \
  })
#define TRY(...) DRYDOCK_TRY(DRYDOCK_JOIN(tried_, __COUNTER__), __VA_ARGS__)
