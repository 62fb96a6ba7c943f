#include "vhd/base/result.h"

namespace drydock {

std::string_view to_string(Errc code) {
  switch (code) {
    case Errc::bad_argument:
      return "bad_argument";
    case Errc::not_found:
      return "not_found";
    case Errc::corrupt:
      return "corrupt";
    case Errc::unsupported:
      return "unsupported";
    case Errc::read_only:
      return "read_only";
    case Errc::busy:
      return "busy";
    case Errc::no_space:
      return "no_space";
    case Errc::io:
      return "io";
    case Errc::interrupted:
      return "interrupted";
    case Errc::could_not_tell:
      return "could_not_tell";
  }
  return "unknown";
}

Error::Error(Errc code, std::string words)
    : rep_(std::make_unique<Rep>(Rep{code, std::move(words), {}})) {}

Error&& Error::in(std::string_view place) && {
  rep_->places.emplace_back(place);
  return std::move(*this);
}

std::string Error::describe() const {
  std::string text = rep_->words;
  for (std::size_t i = 0; i < rep_->places.size(); ++i) {
    text += i == 0 ? " (" : ", ";
    text += rep_->places[i];
  }
  if (!rep_->places.empty()) text += ')';
  return text;
}

}  // namespace drydock
