// How drydock says that something did not work.
//
// A function that can fail returns Result<T>: the value, or an Error that
// says what kind of failure it was, in words, and where on the disk it was
// met.  Nothing in drydock throws.  A Result can't be dropped by accident.

#pragma once

#include <cassert>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace drydock {

// Grouped by what a caller can do about them; the words say the rest.
enum class Errc : std::uint8_t {
  bad_argument,    // the caller broke the contract: fix the call
  not_found,       // it isn't there: perhaps it needn't be
  corrupt,         // its bytes break a rule of its format: repair may help
  unsupported,     // it's sound, but we don't implement it
  read_only,       // a write through something opened for reading
  busy,            // another holder, or a log that the last one left behind
  no_space,        // nowhere to put it
  io,              // the host refused a read, a write or a flush
  interrupted,     // a change of an image was begun and isn't finished: recover
  could_not_tell,  // whoever looked at it didn't come back with an answer
};

// "corrupt", "not_found": the enumerator's own name, as --json prints it.
std::string_view to_string(Errc code);

class [[nodiscard]] Error {
 public:
  // `words` is a lower-case clause with the numbers in it, and no place.
  Error(Errc code, std::string words);

  Errc code() const { return rep_->code; }
  const std::string& words() const { return rep_->words; }

  // The places that the failure passed through, innermost first.
  const std::vector<std::string>& places() const { return rep_->places; }

  // Names one more place, on the way up: "cell 0x2f8", then "hive SYSTEM",
  // then "volume 3".
  Error&& in(std::string_view place) &&;

  // "words (cell 0x2f8, hive SYSTEM, volume 3)", for a person.
  std::string describe() const;

 private:
  struct Rep {
    Errc code;
    std::string words;
    std::vector<std::string> places;
  };
  std::unique_ptr<Rep> rep_;  // A Result<T> stays one pointer wider than T.
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  // So that a function that returns Result<shared_ptr<Base>> can return a
  // shared_ptr<Derived>.
  template <class U>
  requires(std::is_convertible_v<U, T> && !std::is_same_v<std::remove_cvref_t<U>, T> &&
           !std::is_same_v<std::remove_cvref_t<U>, Result> &&
           !std::is_same_v<std::remove_cvref_t<U>, Error>) Result(U&& value)
      : state_(std::in_place_index<0>, std::forward<U>(value)) {}

  explicit operator bool() const { return state_.index() == 0; }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& {
    assert(!*this);
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    assert(!*this);
    return std::move(*std::get_if<1>(&state_));
  }

  // Names a place if this is an Error; a value passes untouched.  By value, so
  // that TRY(open(x).in("x")) holds no reference to what is gone.
  Result in(std::string_view place) && {
    if (!*this) static_cast<void>(std::move(*std::get_if<1>(&state_)).in(place));
    return std::move(*this);
  }

 private:
  T& value() {
    assert(*this);
    return *std::get_if<0>(&state_);
  }
  const T& value() const {
    assert(*this);
    return *std::get_if<0>(&state_);
  }
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}
  explicit operator bool() const { return !error_; }
  void operator*() const { assert(!error_); }
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }
  Result in(std::string_view place) && {
    if (error_) static_cast<void>(std::move(*error_).in(place));
    return std::move(*this);
  }

 private:
  std::optional<Error> error_;
};

using Done = Result<void>;

}  // namespace drydock
