UPDATE user_entity SET lastLoginTime = updatedAt WHERE lastLoginTime IS NULL AND isBot = FALSE;
