#include "repair/worker/readable.h"

#include <gtest/gtest.h>

namespace drydock::worker {
namespace {

TEST(Readable, TextAndItsLinesStayAsTheyAre) {
  EXPECT_EQ(Readable().show("C:\\Gr\xC3\xBC\xC3\x9F\te\n"),
            "C:\\Gr\xC3\xBC\xC3\x9F\te\n");
}

TEST(Readable, WhatATerminalWouldObeyIsShown) {
  EXPECT_EQ(Readable().show("\x1b[2J\r\x07\x7f"), "\\x1b[2J\\x0d\\x07\\x7f");
}

TEST(Readable, C1ControlsAreShownByTheirBytes) {
  EXPECT_EQ(Readable().show("\xC2\x9B"), "\\xc2\\x9b");
}

TEST(Readable, BytesThatAreNoUtf8AreShown) {
  EXPECT_EQ(Readable().show("\xFF\xC3(\xC0\x80"), "\\xff\\xc3(\\xc0\\x80");
}

TEST(Readable, ACharacterPartedByPiecesComesWithTheSecond) {
  Readable readable;
  EXPECT_EQ(readable.show("a\xE2\x82"), "a");
  EXPECT_EQ(readable.show("\xAC!"), "\xE2\x82\xAC!");
}

}  // namespace
}  // namespace drydock::worker
