// Each recipe has its fault, each fault its recipe, and both have a story.

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

#include "harness/faults/fault.h"
#include "harness/scenarios/story.h"
#include "repair/recipe.h"

namespace drydock {
namespace {

using Names = std::set<std::string>;

// Recipes without a fault so far, and why.
const Names kNotYet = {};

// Faults that no recipe heals, but Windows itself; findings bear their names.
const Names kLeftToWindows = {"volume.hibernated"};

Names recipe_names() {
  Names names;
  for (const repair::Recipe* recipe : repair::all_recipes()) {
    names.emplace(recipe->id());
  }
  return names;
}

Names fault_names() {
  Names names;
  for (const faults::Fault* fault : faults::all_faults()) names.emplace(fault->id());
  return names;
}

TEST(Pairing, EachRecipeHasAFaultAndEachFaultARecipe) {
  Names recipes = recipe_names();
  for (const std::string& name : kNotYet) {
    EXPECT_EQ(recipes.erase(name), 1u) << name << " is no recipe";
  }
  Names faults = fault_names();
  for (const std::string& name : kLeftToWindows) {
    EXPECT_EQ(faults.erase(name), 1u) << name << " is no fault";
  }
  EXPECT_EQ(recipes, faults);
  EXPECT_FALSE(recipes.empty());
}

TEST(Pairing, NoTwoFaultsHaveOneName) {
  EXPECT_EQ(fault_names().size(), faults::all_faults().size());
}

TEST(Pairing, EachFaultAndEachRecipeIsInAStory) {
  Names told_faults;
  Names told_recipes;
  std::filesystem::path folder =
      std::filesystem::path(DRYDOCK_SOURCE_DIR) / "tests/scenarios";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".yaml") continue;
    auto story = scenarios::read_story(entry.path());
    ASSERT_TRUE(story) << story.error().describe();
    for (const faults::Wound& wound : story->wounds) {
      told_faults.emplace(wound.fault->id());
    }
    for (const repair::Recipe* recipe : story->recipes) {
      told_recipes.emplace(recipe->id());
    }
  }
  EXPECT_EQ(told_faults, fault_names());
  Names recipes = recipe_names();
  for (const std::string& name : kNotYet) recipes.erase(name);
  EXPECT_EQ(told_recipes, recipes);
}

}  // namespace
}  // namespace drydock
